"""A network of its own for some clients, which can be cut: they notice nothing, and nothing comes through.

A network namespace at the other end of a virtual cable; needs root and iproute2.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

_NAME = f"digits{os.getpid()}"
_OURS, _THEIRS = f"do{os.getpid()}", f"dt{os.getpid()}"
"""The cable's ends; 15 characters at most."""
OUR_ADDRESS = "10.213.71.1"
_THEIR_ADDRESS = "10.213.71.2"


def can_cut() -> bool:
    """Say whether there may be such networks here."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


def enter(name: str) -> None:
    """Have this thread's sockets, from now on, in a network namespace. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{name}", "rb") as namespace:
        if libc.setns(namespace.fileno(), 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


@contextmanager
def apart() -> Iterator[str]:
    """Have the namespace and its cable for a while → the namespace's name."""
    _ip("netns", "add", _NAME)
    try:
        _ip("link", "add", _OURS, "type", "veth", "peer", "name", _THEIRS, "netns", _NAME)
        _ip("address", "add", f"{OUR_ADDRESS}/30", "dev", _OURS)
        _ip("link", "set", _OURS, "up")
        _ip("-netns", _NAME, "address", "add", f"{_THEIR_ADDRESS}/30", "dev", _THEIRS)
        mend()
        yield _NAME
    finally:
        # The cable goes with it.
        _ip("netns", "delete", _NAME)


def cut() -> None:
    """Let nothing through, either way."""
    _ip("-netns", _NAME, "link", "set", _THEIRS, "down")


def mend() -> None:
    """Let everything through."""
    _ip("-netns", _NAME, "link", "set", _THEIRS, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
