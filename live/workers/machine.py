"""What the supervisor needs of the operating system: cores, its terminal, and signals as data."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
"""Of Linux (version 2), one within the other: a container, a unit of systemd."""


def usable_cores() -> int:
    """Count the cores that this process may use: those it is bound to, less what its groups are denied."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for group in _groups():
        # Microseconds of processor time in every so many, or "max".
        with contextlib.suppress(OSError, ValueError):
            quota, period = (group / "cpu.max").read_text().split()
            cores = min(cores, int(quota) // int(period))
    return max(cores, 1)


def _groups() -> list[Path]:
    """List the groups that this process is in, from its own to the outermost."""
    with contextlib.suppress(OSError):
        for line in _OWN_GROUP.read_text().splitlines():
            if line.startswith("0::"):
                own = _GROUPS / line[3:].lstrip("/")
                return [own, *own.parents[: len(own.parents) - len(_GROUPS.parents)]]
    return [_GROUPS]


class Terminal:
    """The terminal that this process was started in, if it was in one and is to end with it."""

    def __init__(self) -> None:
        # nohup has the signal ignored.
        self._is_followed = _has_terminal() and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL

    def has_closed(self) -> bool:
        """Say whether a SIGHUP means that, and not that somebody wants the weights to be renewed."""
        return self._is_followed and not _has_terminal()


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


@contextlib.contextmanager
def signals() -> Iterator[socket.socket]:
    """Have SIGHUP, SIGINT and SIGTERM arrive as bytes in a socket, each the signal's number."""
    heard, told = socket.socketpair()
    told.setblocking(False)
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    with heard, told:
        signal.set_wakeup_fd(told.fileno())
        try:
            yield heard
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def terminal_signals_blocked() -> Iterator[None]:
    """Start a process that hears nothing of what a terminal sends to all: its parent tells it what to do."""
    numbers = {signal.SIGHUP, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
