"""A flood: five times what the server can answer, for a minute."""

from statistics import mean

import psutil

from tests.bench.bench import SATURATING, Bench
from tests.bench.table import latency, ms

TIMES = 5
FLAT_SHARE = 0.02
"""How much memory may grow over the last two thirds and still be called flat."""


def measure(bench: Bench) -> None:
    """Flood a server and see that it goes on as if nothing were."""
    best = bench.best
    bench.table.note("latency at 90 % of capacity")
    with bench.target() as target:
        calm_ms = bench.open_loop(target, 0.9).latency.at(99) or float("inf")
    seconds = 10 if bench.is_quick else 60
    bench.table.note(f"flood, {seconds} s")
    with bench.target() as target:
        report = bench.open_loop(target, TIMES, seconds=seconds, is_ordeal=True)
    # The hour may have turned meanwhile: what a flood leaves is a share of the best before and after it.
    bests = (best, bench.measure_best())
    best_per_s = mean(each.answers_per_s for each in bests)
    best_us = mean(each.cpu_us_per_answer or 0.0 for each in bests)
    rss = report.rss_bytes
    growth = rss[-1] / rss[len(rss) // 3] - 1
    p99, jain = report.latency.at(99) or float("inf"), report.jain or 0.0
    share = report.answers_per_s / best_per_s
    opened = report.outcome.opened
    closed = sum(report.outcome.closed.values())
    bench.table.head(
        f"A flood: {TIMES} × {best.answers_per_s:,.0f} snapshots a second from {SATURATING} sessions "
        f"for {seconds} s"
    )
    add = bench.table.add
    add(
        f"the best, before and after: {SATURATING} sessions in a closed loop",
        " and ".join(f"{each.answers_per_s:,.0f}/s" for each in bests),
    )
    add("snapshots that arrived", f"{report.sent_per_s:,.0f}/s; held back {report.withheld:,}")
    add("answers a second ÷ the best", f"{share:.1%} ({report.answers_per_s:,.0f})", "≥ 90 %", share >= 0.9)
    ours, tester = report.cores or 0.0, report.busiest_worker
    add("busy: server, tester", f"{ours:.2f} and {tester:.2f} of {psutil.cpu_count()} cores")
    flooded_us = report.cpu_us_per_answer or float("inf")
    found = f"{best_us / flooded_us:.1%} ({flooded_us:.0f} µs an answer, {best_us:.0f} µs at the best)"
    add("answers a second of the server's processor time ÷ at the best", found)
    add("latency of answered snapshots", latency(report.latency.percentiles))
    add("its p99", ms(p99), f"≤ 5 × {ms(calm_ms)}", p99 <= 5 * calm_ms)
    add("fairness, Jain's index", f"{jain:.4f}", "≥ 0.99", jain >= 0.99)
    add("memory over the last two thirds", f"{growth:+.1%}", "flat", growth <= FLAT_SHARE)
    add("sessions opened", f"{opened}", f"{SATURATING}", opened == SATURATING)
    add("sessions closed", f"{closed}", "0", closed == 0)
