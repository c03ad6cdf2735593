"""How long an answer takes, from one session alone to a thousand, and with how much of the capacity used."""

from tests.bench.bench import Bench
from tests.bench.echo import running_echo
from tests.bench.model import run_alone
from tests.bench.table import latency, ms


def measure(bench: Bench) -> None:
    """Measure latency in closed loops, then in open ones."""
    bench.table.head(f"How long an answer takes: `{bench.model}`")
    with bench.target() as target:
        bench.table.note("one session alone")
        with running_echo() as echo:
            round_trip_ms = echo.drive(bench.frames, 1, bench.seconds / 2).round_trip_ms
        model_ms = run_alone(bench.model, bench.images(1), bench.seconds / 2).wall_ms
        alone = bench.load(target, sessions=1).latency.at(50) or 0.0
        limit = 3 * round_trip_ms + model_ms
        parts = f"3 × echo's {ms(round_trip_ms)} + model's {ms(model_ms)}"
        bench.table.add("1 session alone, p50", ms(alone), f"≤ {ms(limit)}: {parts}", alone <= limit)
        for sessions in (16, 64, 256, 1024):
            bench.table.note(f"{sessions} sessions in a closed loop")
            # On a busy machine so many may not all be let in while those who are keep the server busy.
            report = bench.load(target, sessions=sessions, is_ordeal=True)
            opened, closed = report.outcome.opened, report.outcome.closed.total()
            found = f"{report.answers_per_s:,.0f} answers/s; {latency(report.latency.percentiles)}"
            bench.table.add(f"{sessions:,} sessions, closed loop", found)
            if opened < sessions or closed:
                bench.table.add("… of them", f"{opened:,} let in, {closed} closed", "all, and none", False)
        for share in (0.5, 0.9):
            bench.table.note(f"{share:.0%} of capacity")
            report = bench.open_loop(target, share)
            found = f"{report.answers_per_s:,.0f} answers/s; {latency(report.latency.percentiles)}"
            late = f"tester itself late by {ms(report.lag.at(50))} at p50, {ms(report.lag.at(99))} at p99"
            bench.table.add(f"{share:.0%} of capacity, open loop", f"{found} ({late})")
