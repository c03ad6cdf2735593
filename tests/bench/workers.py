"""Several workers: how evenly connections spread, and how those who draw fare when workers go."""

import asyncio
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable
from functools import partial

from tests.bench.bench import Bench
from tests.bench.table import Table
from tests.conftest import RunningServer, running_server
from tests.hands import Seen, hands

CONNECTIONS = 1_000
DRAWING = 200
RENEWAL_S = 60.0
"""For all workers: a drain takes ten seconds at most, loading as long on the slowest machine."""
_BY_WORKER = re.compile(r'^live_digits_worker_sessions\{worker="(\d+)"\} (\d+)', re.MULTILINE)


def measure(bench: Bench) -> None:
    """Connect a thousand; draw through a death and a renewal."""
    table = bench.table
    table.head(f"{CONNECTIONS:,} connections over workers")
    for workers in (2, 4):
        for spread in ("kernel", "fewest"):
            flags = ("--workers", str(workers), "--spread", spread, "--model", bench.model)
            with running_server(*flags) as server:
                found = asyncio.run(_connect(server))
            even = CONNECTIONS / workers
            off = max(abs(count / even - 1) for count in found)
            table.add(
                f"{workers} workers, --spread {spread}",
                f"{found}: at most {off:.0%} off",
                "≤ 15 %",
                off <= 0.15,
            )
    happenings: dict[str, Callable[[RunningServer], None]] = {"one is killed": _kill, "SIGHUP": renew}
    for name, happen in happenings.items():
        table.head(f"Two workers, {DRAWING} draw, {name}")
        with running_server("--workers", "2", "--model", bench.model) as server:
            asyncio.run(draw_through(table, server.socket, partial(happen, server)))


def renew(server: RunningServer, patience_s: float = RENEWAL_S) -> None:
    """Have every worker of a server replaced. Raises AssertionError when some are not in time."""
    before = server.worker_pids()
    server.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + patience_s
    while left := server.worker_pids() & before:
        assert time.monotonic() < until, f"Expected workers to be renewed, but {len(left)} are still there"
        time.sleep(0.1)


async def _connect(server: RunningServer) -> list[int]:
    async with hands(server.socket, CONNECTIONS, pause_s=60):
        with await asyncio.to_thread(urllib.request.urlopen, f"{server.url}metrics") as response:
            return [int(count) for _, count in _BY_WORKER.findall(response.read().decode())]


def _kill(server: RunningServer) -> None:
    os.kill(min(server.worker_pids()), signal.SIGKILL)


async def draw_through(
    table: Table, url: str, happen: Callable[[], None], *, before_s: float = 0.0, after_s: float = 3.0
) -> None:
    """Have something happen to a server while 200 draw at `url`, and say what they saw.

    They draw for `before_s` already, and for at least `after_s` on, until each was answered once more.
    """
    async with hands(url, DRAWING, pause_s=1.0) as drawing:
        await asyncio.sleep(before_s)
        began = time.perf_counter()
        await asyncio.to_thread(happen)
        took_s = time.perf_counter() - began
        await asyncio.sleep(after_s)
        await drawing.draw_once_more()
    _tell(table, drawing.seen, took_s)


def _tell(table: Table, seen: Seen, took_s: float) -> None:
    gaps = sorted(seen.gaps_s) or [0.0]
    back = ", ".join(f"{gaps[int(share * (len(gaps) - 1))]:.2f} s" for share in (0.5, 0.95, 1))
    table.add("it took", f"{took_s:.1f} s")
    table.add("sessions cut, by close code", str(dict(seen.cuts)))
    table.add("refused meanwhile", str(dict(seen.refusals)))
    table.add("until each drew on: median, 95 %, all", back)
    table.add("errors for answers, by code", str(dict(seen.errors)))
    table.add("snapshots sent again", f"{seen.unanswered} of {seen.answered}")
    table.add("wrong answers", str(seen.wrong), "0", seen.wrong == 0)
