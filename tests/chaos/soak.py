"""Half an hour of sessions that come and go, at a part of what the server can do: nothing it holds may grow.

Looks at the server every few seconds, prints a line, and in the end the slopes; writes what it saw as JSON,
and a plot of it.
"""

import json
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from live.load import conductor
from live.load.plan import Plan
from tests.chaos.crowd import Crowd, Habits, Phase, Seen
from tests.chaos.scene import numbers
from tests.conftest import RunningServer, running_server

_EVERY_S = 10.0
_RATE = 10.0
"""Snapshots a second that each session draws: sessions come and go, too."""
_STAY_S = 20.0
_SEARCH_S = 8
_SEARCHERS = 64
_WARM_UP = 0.2
"""Of the time, after which nothing may grow: caches and pools are full by then."""
_MAX_GROWTH_MB = 8.0
"""From the end of the warm-up to the last look, along the line of best fit."""
_MAX_MORE = 5.0
"""Files, threads and tasks likewise: how many sessions are open just then is chance."""


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


def run(minutes: float, load: float, per_s: float, to: Path) -> bool:
    """Draw for so long; return whether everything stayed flat and every promise was kept.

    load: of what the server can do, of 1; per_s: snapshots a second that this is, 0 to find it out; to: the
    picture to draw, beside which goes the JSON.
    """
    looks: list[Look] = []
    phases: list[Phase] = []
    with running_server() as server:
        per_s = per_s or load * _find_capacity(server)
    sessions = max(round(per_s / _RATE), 1)
    with running_server() as server, Crowd(Habits(server.socket, sessions, _RATE, _STAY_S)) as crowd:
        print(f"{sessions} sessions at a time, {per_s:,.0f} snapshots a second\n")
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
            to.with_suffix(".json").write_text(json.dumps([look._asdict() for look in looks], indent=1))
        phases.append(crowd.look(is_last=True))
        code = server.stop()
    _draw(looks, to)
    return _judge(looks, phases, code)


def _find_capacity(server: RunningServer) -> float:
    """Find how many snapshots a second are answered when every answer is followed by the next."""
    plan = Plan(
        url=server.socket, sessions=_SEARCHERS, steps=16, seconds=_SEARCH_S, is_closed=True, ramp_s=0.5
    )
    found = conductor.run(plan).answers_per_s
    print(f"{found:,.0f} answers a second at most")
    return found


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


def _draw(looks: list[Look], to: Path) -> None:
    """Draw what was seen, a picture below the other, all over the same minutes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 8), layout="constrained")
    minutes = [look.minutes for look in looks]
    panels: list[tuple[str, dict[str, list[float]]]] = [
        ("memory, MB", {"resident": [look.memory_mb for look in looks]}),
        (
            "open",
            {"files": [look.files for look in looks], "sessions": [look.sessions for look in looks]},
        ),
        ("threads", {"threads": [look.threads for look in looks]}),
        (
            "latency, ms",
            {"median": [look.p50_ms for look in looks], "99th percentile": [look.p99_ms for look in looks]},
        ),
    ]
    for axes, (name, lines) in zip(figure.subplots(len(panels), sharex=True), panels, strict=True):
        for label, values in lines.items():
            axes.plot(minutes, values, label=label, linewidth=1.2)
        axes.set_ylabel(name)
        axes.set_ylim(0, 1.2 * max(max(values) for values in lines.values()))
        axes.grid(alpha=0.3)
        if len(lines) > 1:
            axes.legend(loc="lower right")
    axes.set_xlabel("minutes")
    figure.savefig(to)
