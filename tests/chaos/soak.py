"""Half an hour of sessions that come and go, at a part of what the server can do: nothing it holds may grow.

Looks at the server every few seconds and prints a line, and in the end the slopes; what it saw so far, and
the slopes, are in the JSON at any time, and in the picture.
"""

import json
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from live.load import files
from live.load.plan import Plan
from live.load.plot import Line
from tests.bench.bench import load
from tests.chaos.crowd import Crowd, Habits, Phase, Seen
from tests.chaos.panels import Panel, draw
from tests.chaos.scene import numbers
from tests.conftest import RunningServer, running_server

_EVERY_S = 10.0
_LOOKS = 12
"""At least, in a short one."""
_RATE = 10.0
"""Snapshots a second that each session draws: sessions come and go, too."""
_STAY_S = 20.0
_SEARCH_S = 8
_SEARCHERS = 64
_WARM_UP = 0.2
"""Of the time, after which nothing may grow: caches and pools are full by then."""
_FEWEST = 3
"""Looks after it, to say anything."""
_MOST_GROWTH = {"memory_mb": 8.0, "files": 5.0, "threads": 5.0, "tasks": 5.0}
"""From the end of the warm-up to the last look, along the line of best fit; how many sessions are open just
then is chance."""


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


def run(minutes: float, share: float, per_s: float | None, to: Path) -> bool:
    """Draw for so long; return whether everything stayed flat and every promise was kept.

    share: of what the server can do, of 1; per_s: snapshots a second that this is, None to find it out; to:
    the picture to draw, beside which goes the JSON. Raises StartError when these can't be written.
    """
    files.check(to, to.with_suffix(".json"))
    looks: list[Look] = []
    phases: list[Phase] = []
    every_s = min(_EVERY_S, minutes * 60 / _LOOKS)
    if per_s is None:
        with running_server() as server:
            per_s = share * _find_capacity(server)
    sessions = max(round(per_s / _RATE), 1)
    with running_server() as server, Crowd(Habits(server.socket, sessions, _RATE, _STAY_S)) as crowd:
        print(f"{sessions} sessions at a time, {per_s:,.0f} snapshots a second\n")
        print("| minutes | memory | files | threads | sessions | answers/s | p50 | p99 |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
        began = now = time.monotonic()
        while now - began < minutes * 60:
            time.sleep(every_s)
            phase = crowd.look()
            phases.append(phase)
            before, now = now, time.monotonic()
            looks.append(look := _look((now - began) / 60, server.process.pid, server.url, phase))
            print(
                f"| {look.minutes:.1f} | {look.memory_mb:.1f} MB | {look.files:.0f} | {look.threads:.0f} "
                f"| {look.sessions:.0f} | {phase.seen.answered / (now - before):.0f} | {look.p50_ms:.1f} ms "
                f"| {look.p99_ms:.0f} ms |",
                flush=True,
            )
            # Whatever may come: half an hour is long.
            _keep(looks, f"{sessions} sessions that come and go, {per_s:,.0f} snapshots a second", to)
        phases.append(crowd.look(is_last=True))
        code = server.stop()
    total = sum((phase.seen for phase in phases), start=Seen())
    return _judge(looks, total, max(phase.longest_s for phase in phases), code)


def _keep(looks: list[Look], title: str, to: Path) -> None:
    """Write down what was seen so far, and draw it."""
    trends = {name: _fit(looks, name) for name in _MOST_GROWTH}
    found = {
        "title": title,
        "an_hour": {name: round(trend.an_hour, 3) for name, trend in trends.items()},
        "looks": [look._asdict() for look in looks],
    }
    to.with_suffix(".json").write_text(json.dumps(found, indent=1))
    to.write_text(_draw(looks, trends, title))


def _find_capacity(server: RunningServer) -> float:
    """Find how many snapshots a second are answered when every answer is followed by the next."""
    plan = Plan(
        url=server.socket, sessions=_SEARCHERS, steps=16, seconds=_SEARCH_S, is_closed=True, ramp_s=0.5
    )
    found = load(plan).answers_per_s
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


class Trend(NamedTuple):
    """How something went, along the line of best fit, from the end of the warm-up."""

    an_hour: float
    growth: float
    """While it was watched."""
    line: list[tuple[float, float]]
    """From its first point to its last: minutes, and value."""


def _fit(looks: list[Look], name: str) -> Trend:
    warm = looks[int(len(looks) * _WARM_UP) :]
    values = [getattr(look, name) for look in warm]
    if len(warm) < _FEWEST:
        return Trend(0.0, 0.0, [])
    times = [look.minutes for look in warm]
    slope, start = statistics.linear_regression(times, values)
    ends = [(time, start + slope * time) for time in (times[0], times[-1])]
    return Trend(slope * 60, slope * (times[-1] - times[0]), ends)


def _judge(looks: list[Look], total: Seen, longest_s: float, code: int) -> bool:
    is_flat = len(looks) - int(len(looks) * _WARM_UP) >= _FEWEST
    print("" if is_flat else "\nToo short to tell whether anything grows")
    for name, most in _MOST_GROWTH.items():
        trend = _fit(looks, name)
        is_flat &= trend.growth <= most
        remark = "" if trend.growth <= most else " **grows**"
        print(f"{name}: {trend.an_hour:+.2f} an hour, {trend.growth:+.2f} while it was watched{remark}")
    print(
        f"{total.sent:,} snapshots, {total.answered:,} answers; longest wait {longest_s:.1f} s; "
        f"closed by the server: {dict(total.closes)}, refused: {dict(total.refusals)}, "
        f"errors: {dict(total.errors)}, promises broken: {dict(total.broken)}; exit code {code}"
    )
    return is_flat and not (total.closes or total.refusals or total.errors or total.broken or code)


def _draw(looks: list[Look], trends: dict[str, Trend], title: str) -> str:
    """Draw what was seen."""

    def line(name: str) -> Line:
        return [(look.minutes, getattr(look, name)) for look in looks]

    def an_hour(name: str, unit: str = "") -> str:
        return f"{trends[name].an_hour:+.1f} {unit or name} an hour".replace("-", "−")

    opened = {name: line(name) for name in ("tasks", "files", "sessions")}
    latency = {"median": line("p50_ms"), "99th percentile": line("p99_ms")}
    panels = [
        Panel("Memory, MB", {"": line("memory_mb")}, an_hour("memory_mb", "MB"), trends["memory_mb"].line),
        Panel("Open", opened, f"{an_hour('tasks')}, {an_hour('files')}"),
        Panel("Threads", {"": line("threads")}, an_hour("threads")),
        Panel("Latency, ms", latency),
    ]
    warm_until = looks[int(len(looks) * _WARM_UP)].minutes
    return draw(title, panels, "minutes", (warm_until, "warming up"))
