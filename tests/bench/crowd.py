"""A crowd: ten thousand sessions, each drawing one digit now and then."""

from tests.bench.bench import Bench
from tests.bench.table import latency, ms
from tests.newcomers import Newcomers

PAUSE_S = 120.0
"""Between a session's digits; a digit is 16 snapshots at 30 a second."""
OPENED_PER_S = 400
_PATIENCE_S = 10.0
"""Of who asks for the health."""


def measure(bench: Bench) -> None:
    """Open ten thousand sessions that draw now and then, and ask for the server's health all the while."""
    sessions = 1_000 if bench.is_quick else 10_000
    bench.table.note(f"{sessions:,} sessions")
    with bench.target() as target:
        # Buffers that any load would grow are no session's fault.
        bench.load(target, sessions=64, seconds=1)
        before = target.watch.look().rss_bytes
        with Newcomers(target.server.url, _PATIENCE_S) as newcomers:
            report = bench.load(
                target,
                is_ordeal=True,
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
    closed = report.outcome.closed.total()
    add("sessions closed", f"{closed}", "0", closed == 0)
    add("memory a session", f"{kb:.1f} kB", "≤ 40 kB", kb <= 40)
    add("load", f"{report.answers_per_s:,.0f} answers/s, {report.cores or 0:.0%} of a core")
    late = f"tester itself late by {ms(report.lag.at(50))} at p50, {ms(report.lag.at(99))} at p99"
    add("latency", f"{latency(report.latency.percentiles)} ({late})")
    add("its p99", ms(p99), "≤ 50 ms", p99 <= 50)
    add(
        "health endpoint",
        f"{newcomers.asked} asked, {newcomers.failed} failed, slowest {ms(newcomers.longest_s * 1e3)}",
        "always answers",
        newcomers.asked > 0 and not newcomers.failed,
    )
