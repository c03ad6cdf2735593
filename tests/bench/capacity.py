"""How far one machine goes, and a hundred: what is measured here, played on by simulation.py.

First the simulation has to foretell what this machine does with one process and with two, on as much of its
cores as other programs, the tester apart, leave; only then is it read off for machines that we do not have.
"""

import os
import time
from bisect import bisect
from dataclasses import replace

import psutil

from tests.bench.anatomy import dissect
from tests.bench.bench import SATURATING, Bench, Target
from tests.bench.simulation import Costs, Crowd, play

SESSIONS = 64
BATCH = 32
CLOSE = 0.15
"""How far a forecast may be off."""
CROWD = 1_000
MACHINES, CORES, MILLION = 100, 16, 1_000_000
EVERY_S = 10.0
"""Between the digits of someone who draws."""
GOOD_MS = 50.0
STEP = 100
"""Sessions of a core that are tried."""
SECONDS = 11.0
"""Played: a little longer than a session's digits are apart."""


def measure(bench: Bench) -> None:
    """Measure, foretell, compare, and read off."""
    costs = _measure_costs(bench)
    _compare(bench, costs)
    _read_off(bench, replace(costs, ask=0.0))


def _measure_costs(bench: Bench) -> Costs:
    """Measure what an answer costs at a load that one process bears, and where it goes."""
    bench.table.note("what an answer costs")
    with bench.target() as target:
        bench.load(target, sessions=SESSIONS, seconds=1)
        report = bench.load(target, sessions=SESSIONS)
    steps = dissect(bench.model, bench.frames, BATCH, bench.seconds / 2)
    whole = report.cpu_us_per_answer or 0.0
    # What no single step owns is the event loop's: half of it before, half after.
    rest = max(0.0, whole - sum(steps.values())) / 2
    ask = report.outcome.busy / report.answers_per_s * 1e6
    bench.table.head(
        f"What an answer costs: `{bench.model}`, one process, {SESSIONS} sessions in a closed loop"
    )
    bench.table.add("server", f"{whole:.0f} µs")
    bench.table.add("of it without the interpreter's lock: the model", f"{steps['model']:.0f} µs")
    bench.table.add("load tester", f"{ask:.0f} µs")
    return Costs(
        take=(steps["parse"] + rest) / 1e6,
        prepare=(steps["render"] + steps["judge"]) / 1e6,
        model=steps["model"] / 1e6,
        give=(steps["encode"] + rest) / 1e6,
        ask=ask / 1e6,
    )


def _compare(bench: Bench, costs: Costs) -> None:
    """See what this machine does, and what would be foretold of the cores that others left it meanwhile."""
    bench.table.head(f"Forecast and fact: {SATURATING} sessions in a closed loop, tester on the same cores")
    for processes, name in ((1, "one process"), (2, "two processes")):
        bench.table.note(name)
        with bench.target("--workers", str(processes)) as target:
            bench.load(target, sessions=SATURATING, seconds=1)
            look = _Cores(target)
            fact = bench.load(target, sessions=SATURATING)
            left = look.left()
        forecast = play(costs, Crowd(sessions=SATURATING, is_closed=True), processes, left, seconds=2)
        bench.table.add(f"{name}: cores that other programs left", f"{left:.2f}")
        for what, foretold, seen in (
            ("answers a second", forecast.answers_per_s, fact.answers_per_s),
            ("latency, p50, ms", forecast.at_ms(50), fact.latency.at(50) or 0.0),
            ("processor time an answer, µs", costs.serving * 1e6, fact.cpu_us_per_answer or 0.0),
        ):
            off = foretold / seen - 1
            said = f"{foretold:,.0f} foretold, {seen:,.0f} seen: {off:+.0%}"
            bench.table.add(f"{name}: {what}", said, "±15 %", abs(off) <= CLOSE)


class _Cores:
    """How many of this machine's cores were not taken by programs that are not measured."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._before = self._look()

    def left(self) -> float:
        """Say how many, since this was made."""
        at, busy_s, own_s = (now - then for now, then in zip(self._look(), self._before, strict=True))
        return max((psutil.cpu_count() or 1) - (busy_s - own_s) / at, 0.1)

    def _look(self) -> tuple[float, float, float]:
        """Return the time, and the processor time of all programs and of ours, in seconds."""
        everyone, own = psutil.cpu_times(), os.times()
        # What the host of a virtual machine takes is gone as well.
        busy_s = sum(everyone) - everyone.idle - everyone.iowait - everyone.guest - everyone.guest_nice
        own_s = own.user + own.system + own.children_user + own.children_system
        return time.monotonic(), busy_s, own_s + self._target.watch.look().cpu_s


def _read_off(bench: Bench, costs: Costs) -> None:
    """Find how many sessions a core bears, and what a hundred machines make of a million."""
    bench.table.note("a million sessions")
    table = bench.table
    connect_us, session_kb = _measure_sessions(bench)
    per_session = 16 / EVERY_S
    frame = sum(len(frame) for frame in bench.frames) / len(bench.frames)
    each = costs.serving
    table.head(
        f"Capacity, read off: everyone draws a digit every {EVERY_S:.0f} s, {per_session:.1f} snapshots/s"
    )
    most = int(1 / each / per_session)
    best = STEP * bisect(range(most // STEP), False, key=lambda n: not _is_borne(costs, STEP * (n + 1)))
    table.add(f"sessions a core (p99 ≤ {GOOD_MS:.0f} ms, 1 % superseded)", f"{best:,}")
    machine = best * CORES
    table.add(f"sessions a machine of {CORES} cores", f"{machine:,}, {machine * session_kb / 1e6:.1f} GB")
    table.add("memory a session", f"{session_kb:.0f} kB")
    table.add("processor time of a million snapshots", f"{each * 1e6 / 60:.1f} core minutes")
    mbit = (frame + 450) * 8 * per_session * machine / 1e6
    table.add("network of such a machine, both ways", f"{mbit:,.0f} Mbit/s")
    crowd = Crowd(sessions=MILLION // MACHINES // CORES, every_s=EVERY_S)
    played = play(costs, crowd, 1, 1, SECONDS)
    busy = each * per_session * crowd.sessions
    name = f"{MILLION:,} sessions on {MACHINES} machines of {CORES} cores"
    told = f"{crowd.sessions} a core, {busy:.0%} busy, p99 {played.at_ms(99):.1f} ms"
    table.add(name, f"{told}, {1 - played.answered / played.sent:.1%} superseded or on their way")
    for _ in range(20):
        crowd = replace(crowd, every_s=crowd.every_s / 1.25)
        played = play(costs, crowd, 1, 1, SECONDS)
        if played.at_ms(99) > GOOD_MS or crowd.every_s <= 16 / crowd.rate:
            break
    told = f"a digit every {crowd.every_s:.1f} s each: processors, p99 {played.at_ms(99):.0f} ms"
    table.add("it breaks first at", told)
    lost = MILLION // MACHINES
    table.add(
        "a machine dies: its sessions come back",
        f"{lost * connect_us / 1e6:.1f} s of one core to let them in",
    )
    table.add("all come back at once", f"{MILLION * connect_us / 1e6 / MACHINES / CORES:.1f} s of every core")


def _is_borne(costs: Costs, sessions: int) -> bool:
    """Say whether one core bears so many."""
    played = play(costs, Crowd(sessions=sessions, every_s=EVERY_S), 1, 1, SECONDS)
    return played.at_ms(99) <= GOOD_MS and played.answered >= 0.99 * played.sent


def _measure_sessions(bench: Bench) -> tuple[float, float]:
    """Measure what it costs to let one in (µs), and to keep one (kB)."""
    with bench.target() as target:
        bench.load(target, sessions=SESSIONS, seconds=1)
        before = target.watch.look()
        report = bench.load(
            target, sessions=CROWD, is_closed=False, rate=30.0, steps=1, pause_s=60.0, ramp_s=4.0, seconds=3
        )
        after = target.watch.look()
    answered = report.outcome.sent
    spent_us = (after.cpu_s - before.cpu_s) * 1e6 - answered * (report.cpu_us_per_answer or 0.0)
    memory = max(report.rss_bytes) - before.rss_bytes
    return max(spent_us, 0.0) / report.outcome.opened, memory / report.outcome.opened / 1e3
