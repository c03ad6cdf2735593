"""A crowd: ten thousand sessions, each drawing one digit now and then."""

import threading
import time
import urllib.request

from tests.bench.bench import Bench
from tests.bench.table import latency, ms

PAUSE_S = 120.0
"""Between a session's digits; a digit is 16 snapshots at 30 a second."""
OPENED_PER_S = 400
POLL_S = 0.1


def measure(bench: Bench) -> None:
    """Open ten thousand sessions that draw now and then, and ask for the server's health all the while."""
    sessions = 1_000 if bench.is_quick else 10_000
    bench.table.note(f"{sessions:,} sessions")
    with bench.target() as target:
        # Buffers that any load would grow are no session's fault.
        bench.load(target, sessions=64, seconds=1)
        before = target.watch.look().rss_bytes
        with Health(target.server.url + "healthz") as health:
            report = bench.load(
                target,
                sessions=sessions,
                is_closed=False,
                rate=30.0,
                steps=16,
                pause_s=PAUSE_S,
                ramp_s=sessions / OPENED_PER_S,
                processes=2,
                seconds=max(bench.seconds, 10),
            )
    kb = (max(report.rss_bytes) - before) / report.outcome.opened / 1e3
    p99 = report.latency.at(99) or float("inf")
    bench.table.head(f"A crowd: {sessions:,} sessions, each drawing a digit now and then")
    add = bench.table.add
    add("sessions opened", f"{report.outcome.opened:,}", f"{sessions:,}", report.outcome.opened == sessions)
    add("memory a session", f"{kb:.1f} kB", "≤ 40 kB", kb <= 40)
    add("load", f"{report.answers_per_s:,.0f} answers/s, {report.cores or 0:.0%} of a core")
    late = f"tester itself late by {ms(report.lag.at(50))} at p50, {ms(report.lag.at(99))} at p99"
    add("latency", f"{latency(report.latency.percentiles)} ({late})")
    add("its p99", ms(p99), "≤ 50 ms", p99 <= 50)
    add(
        "health endpoint",
        f"{health.asked} asked, {health.failed} failed, slowest {ms(health.slowest_ms)}",
        "always answers",
        health.asked > 0 and not health.failed,
    )


class Health:
    """Asks a server how it is, again and again, from a thread of its own."""

    def __init__(self, url: str) -> None:
        self.asked = self.failed = 0
        self.slowest_ms = 0.0
        self._url = url
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Health":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._is_over.wait(POLL_S):
            began = time.perf_counter()
            self.asked += 1
            try:
                with urllib.request.urlopen(self._url, timeout=10) as response:
                    self.failed += response.status != 200
            except OSError:
                self.failed += 1
            self.slowest_ms = max(self.slowest_ms, (time.perf_counter() - began) * 1e3)
