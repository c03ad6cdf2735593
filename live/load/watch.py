"""Watches a server from outside: its processor time and memory, with those of its children."""

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil

from live.errors import StartError


class Usage(NamedTuple):
    """What a server had used at some moment."""

    cpu_s: float
    rss_bytes: int


class Watch:
    """A server's process and its children."""

    def __init__(self, pid: int) -> None:
        """Raises StartError when there is no such process."""
        self.pid = pid
        try:
            self._process = psutil.Process(pid)
        except psutil.Error:
            raise StartError(f"Expected a process {pid} to watch, found none") from None

    def look(self) -> Usage:
        """Read what it has used so far; zero once it is gone."""
        cpu_s, rss_bytes = 0.0, 0
        try:
            for process in (self._process, *self._process.children(recursive=True)):
                with process.oneshot():
                    times = process.cpu_times()
                    cpu_s += times.user + times.system
                    rss_bytes += process.memory_info().rss
        except psutil.Error:
            pass
        return Usage(cpu_s, rss_bytes)


def find_pid(url: str) -> int | None:
    """Find the process of this machine that listens where the URL leads, if we may know."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    if not _is_loopback(parts.hostname or ""):
        return None
    try:
        listening = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    pids = {c.pid for c in listening if c.status == psutil.CONN_LISTEN and c.laddr.port == port and c.pid}
    # Several that share a port are one server: that of which the others are children.
    first = {pid for pid in pids if psutil.Process(pid).ppid() not in pids}
    parents = {psutil.Process(pid).ppid() for pid in first}
    if len(first) == 1:
        return int(first.pop())
    return int(parents.pop()) if len(parents) == 1 else None


def _is_loopback(host: str) -> bool:
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(addresses) and all(ipaddress.ip_address(address).is_loopback for address in addresses)
