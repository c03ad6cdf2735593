"""Watches a server from outside: its processor time and memory, with those of its children."""

import contextlib
import ipaddress
import socket
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil

from live.errors import StartError


class Usage(NamedTuple):
    """What a server had used at some moment."""

    cpu_s: float
    rss_bytes: int


class Watch:
    """A server's process and its children, those that come and go meanwhile too."""

    def __init__(self, pid: int) -> None:
        """Raises StartError when there is no such process."""
        self.pid = pid
        try:
            self._process = psutil.Process(pid)
            self.program: str = self._process.name()
            """What it is called: who is not our own may be a proxy before the server."""
        except psutil.Error:
            raise StartError(f"Expected a process {pid} to watch, found none") from None
        self._cpu_s = 0.0
        self._known_s: dict[psutil.Process, float] = {}
        """Processor time of each process at the last look."""

    def look(self) -> Usage:
        """Read what it has used so far; its children's processor time stays when they end.

        Raises ProcessLookupError once it is gone, or if it is not ours to see.
        """
        try:
            if self._process.status() == psutil.STATUS_ZOMBIE:
                raise ProcessLookupError
            children = self._process.children(recursive=True)
            rss_bytes = self._read(self._process)
        except psutil.Error:
            raise ProcessLookupError from None
        for child in children:
            # It may end while we look.
            with contextlib.suppress(psutil.Error):
                rss_bytes += self._read(child)
        return Usage(self._cpu_s, rss_bytes)

    def _read(self, process: psutil.Process) -> int:
        """Add what a process has used since it was last read; return its memory."""
        with process.oneshot():
            times, memory = process.cpu_times(), process.memory_info()
        cpu_s = times.user + times.system
        self._cpu_s += cpu_s - self._known_s.get(process, 0.0)
        self._known_s[process] = cpu_s
        return int(memory.rss)


def find_pid(url: str) -> int | None:
    """Find the server of ours that listens on this machine where the URL leads, if we may know.

    A proxy that listens there is none: what it costs is not what the server costs.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    if not _is_loopback(parts.hostname or ""):
        return None
    try:
        listening = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    pids = {c.pid for c in listening if c.status == psutil.CONN_LISTEN and c.laddr.port == port and c.pid}
    try:
        pid = _first(pids)
        return pid if pid and _is_ours(psutil.Process(pid)) else None
    except psutil.Error:
        return None


def _first(pids: set[int]) -> int | None:
    """Find the one of which all others are children: several that share a port are one server."""
    first = {pid for pid in pids if psutil.Process(pid).ppid() not in pids}
    parents = {psutil.Process(pid).ppid() for pid in first}
    if len(first) == 1:
        return first.pop()
    return parents.pop() if len(parents) == 1 else None


def _is_ours(process: psutil.Process) -> bool:
    words = [Path(word).stem for word in process.cmdline()]
    return any(pair in (("live", "serve"), ("live-digits", "serve")) for pair in pairwise(words))


def _is_loopback(host: str) -> bool:
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(addresses) and all(ipaddress.ip_address(address).is_loopback for address in addresses)
