"""Watches a server from outside: its processor time and memory, with those of its children."""

import contextlib
import ipaddress
import socket
from dataclasses import dataclass
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


@dataclass
class _Known:
    """What a process had used at the last look, in seconds."""

    parent: int
    own_s: float = 0.0
    ended_s: float = 0.0
    """Of its children that have ended, as the system adds it up."""
    counted_s: float = 0.0
    """What will be, or has been, added to that, and was counted while those children lived."""


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
        self._known: dict[psutil.Process, _Known] = {}
        """Those that lived at the last look."""

    def look(self) -> Usage:
        """Read what it has used so far; its children's processor time stays when they end.

        Raises ProcessLookupError once it is gone, or if it is not ours to see.
        """
        try:
            if self._process.status() == psutil.STATUS_ZOMBIE:
                raise ProcessLookupError
            children = self._process.children(recursive=True)
            self._forget({self._process, *children})
            rss_bytes = self._read(self._process)
        except psutil.Error:
            raise ProcessLookupError from None
        for child in children:
            # It may end while we look.
            with contextlib.suppress(psutil.Error):
                rss_bytes += self._read(child)
        return Usage(self._cpu_s, rss_bytes)

    def _forget(self, living: set[psutil.Process]) -> None:
        """Have those live know what was counted of those ended: it becomes part of what is theirs."""
        before = self._known.copy()
        by_pid = {process.pid: process for process in before}
        for process in before.keys() - living:
            gone = self._known.pop(process)
            heir = by_pid.get(gone.parent)
            while heir and heir not in living:
                heir = by_pid.get(before[heir].parent)
            if heir:
                before[heir].counted_s += gone.own_s + gone.ended_s + gone.counted_s

    def _read(self, process: psutil.Process) -> int:
        """Add what a process has used since it was last read; return its memory."""
        with process.oneshot():
            times, memory, parent = process.cpu_times(), process.memory_info(), process.ppid()
        known = self._known.setdefault(process, _Known(parent))
        own_s = times.user + times.system
        # Not every platform knows it.
        ended_s = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        counted_s = min(known.counted_s, ended_s - known.ended_s)
        self._cpu_s += own_s - known.own_s + ended_s - known.ended_s - counted_s
        known.own_s, known.ended_s = own_s, ended_s
        known.counted_s -= counted_s
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
