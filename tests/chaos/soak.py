"""Half an hour of sessions that come and go: what the server holds must not grow.

Looks at the server every few seconds, prints a line, and in the end the slopes; writes a plot.
"""

import statistics
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from live.load.plot import Line, plot
from tests.chaos.crowd import Crowd, Habits, Phase, Seen
from tests.chaos.scene import numbers
from tests.conftest import running_server

_EVERY_S = 10.0
_WARM_UP = 0.2
"""Of the time, after which nothing may grow: caches and pools are full by then."""
_MAX_GROWTH_MB = 8.0
"""From the end of the warm-up to the last look, along the line of best fit."""
_MAX_MORE = 5.0
"""Files, threads and tasks likewise: how many sessions are open just then is chance."""
_STYLE = """<style>figure{margin:0 0 2em;font:14px sans-serif;max-width:44em}svg{width:100%}
line{stroke:#ddd}text{font-size:11px}polyline{fill:none;stroke-width:1.5}
.line0{stroke:#0a58ca;color:#0a58ca}.line1{stroke:#c2410c;color:#c2410c}.keys span{margin-left:1em}</style>"""


class Look(NamedTuple):
    """The server at one moment."""

    minutes: float
    memory_mb: float
    files: float
    threads: float
    tasks: float
    sessions: float
    p50_ms: float
    p99_ms: float


def run(minutes: float, sessions: int, rate: float, to: Path) -> bool:
    """Draw for so long; return whether everything stayed flat and every promise was kept."""
    looks: list[Look] = []
    phases: list[Phase] = []
    with (
        running_server() as server,
        Crowd(Habits(server.socket, sessions, rate, 20.0)) as crowd,
    ):
        print("| minutes | memory | files | threads | sessions | answers/s | p50 | p99 |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
        began = time.monotonic()
        while (now := time.monotonic() - began) < minutes * 60:
            time.sleep(_EVERY_S)
            phase = crowd.look()
            phases.append(phase)
            look = _look(now / 60, server.process.pid, server.url, phase)
            looks.append(look)
            print(
                f"| {look.minutes:.1f} | {look.memory_mb:.1f} MB | {look.files:.0f} | {look.threads:.0f} "
                f"| {look.sessions:.0f} | {phase.seen.answered / _EVERY_S:.0f} | {look.p50_ms:.1f} ms "
                f"| {look.p99_ms:.0f} ms |",
                flush=True,
            )
            to.write_text(_draw(looks))
        phases.append(crowd.look(is_last=True))
        code = server.stop()
    return _judge(looks, phases, code)


def _look(minutes: float, pid: int, url: str, phase: Phase) -> Look:
    values = numbers(url)
    process = psutil.Process(pid)
    return Look(
        minutes,
        process.memory_info().rss / 1e6,
        process.num_fds(),
        process.num_threads(),
        values["live_digits_tasks"],
        values["live_digits_sessions"],
        phase.p50_ms,
        phase.p99_ms,
    )


def _judge(looks: list[Look], phases: list[Phase], code: int) -> bool:
    total = sum((phase.seen for phase in phases), start=Seen())
    longest_s = max(phase.longest_s for phase in phases)
    warm = looks[int(len(looks) * _WARM_UP) :]
    times = [look.minutes for look in warm]
    is_flat = len(warm) > 2
    print()
    for name, most in (
        ("memory_mb", _MAX_GROWTH_MB),
        ("files", _MAX_MORE),
        ("threads", _MAX_MORE),
        ("tasks", _MAX_MORE),
    ):
        values = [getattr(look, name) for look in warm]
        slope = statistics.linear_regression(times, values).slope if len(warm) > 2 else 0.0
        growth = slope * (times[-1] - times[0])
        is_flat &= growth <= most
        remark = "" if growth <= most else " **grows**"
        print(f"{name}: {slope * 60:+.2f} an hour, {growth:+.2f} while it was watched{remark}")
    print(
        f"{total.sent:,} snapshots, {total.answered:,} answers; longest wait {longest_s:.1f} s; "
        f"closed by the server: {dict(total.closes)}, refused: {dict(total.refusals)}, "
        f"errors: {dict(total.errors)}, promises broken: {dict(total.broken)}; exit code {code}"
    )
    return is_flat and not (total.closes or total.refusals or total.errors or total.broken or code)


def _draw(looks: list[Look]) -> str:
    def line(name: str) -> Line:
        return [(look.minutes, getattr(look, name)) for look in looks]

    figures = [
        plot({"resident": line("memory_mb")}, "minutes", "Memory, MB"),
        plot({"files": line("files"), "sessions": line("sessions")}, "minutes", "Open files and sessions"),
        plot({"threads": line("threads")}, "minutes", "Threads"),
        plot({"p50": line("p50_ms"), "p99": line("p99_ms")}, "minutes", "Latency, ms", is_log=True),
    ]
    return f"<!doctype html><meta charset=utf-8><title>Soak</title>{_STYLE}{''.join(figures)}"
