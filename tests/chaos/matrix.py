"""Fault after fault, while fifty sessions draw: a table of what they noticed."""

import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from typing import TypeVar

from live.errors import StartError
from tests.chaos.crowd import Crowd, Habits, Phase
from tests.chaos.faults import ELSEWHERE, FAULTS, Fault
from tests.chaos.network import can_cut
from tests.chaos.scene import Scene, numbers, quantile_ms
from tests.chaos.starts import START_FAULTS, StartFault
from tests.newcomers import Newcomers

_CALM_S = 4.0
_AFTER_S = 1.5
_MAX_RATIO = 3.0
_FLOOR_MS = 5.0
"""Three times less than this is still nothing that a hand would notice."""
_MORE_THAN_USUAL = 20.0
"""A second; below that it is chance."""
_MAX_GAP_S = 2.0
_PATIENCE_S = 15.0
"""Of newcomers, for one answer."""

Code = TypeVar("Code", int, str)


def run(wanted: str) -> bool:
    """Try the faults whose name has this in it; print a line for each, and return whether all went well.

    Raises StartError when there are none.
    """
    here = [fault for fault in FAULTS if wanted in fault.name]
    elsewhere = [(fault, begin) for fault, begin in ELSEWHERE if wanted in fault.name]
    starts = [start for start in START_FAULTS if wanted in start.name]
    if not (here or elsewhere or starts):
        known: list[Fault | StartFault] = [*FAULTS, *dict(ELSEWHERE), *START_FAULTS]
        names = "\n  ".join(fault.name for fault in known)
        raise StartError(f"Expected a part of a fault's name, got {wanted!r}; there are:\n  {names}")
    print(
        "| fault | answered | cut off | longest wait | p99 calm → then | in the server | newcomers wait "
        "| promises | besides |"
    )
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | --- | --- |", flush=True)
    is_fine = True
    ending = ""
    if here:
        with Scene() as scene:
            for fault in here:
                is_fine &= _try(scene, fault)
            memory_mb = scene.process.memory_info().rss / 1e6
            ending = f"{memory_mb:.0f} MB, {_log(scene).count('Traceback')} tracebacks in the log"
    for fault, begin in elsewhere:
        if "network" in fault.name and not can_cut():
            print(f"| {fault.name} | not tried: that takes root and iproute2 |")
            continue
        with begin() as scene:
            is_fine &= _try(scene, fault)
    for start in starts:
        is_fine &= start.run()
    if ending:
        print(f"\nIn the end {ending} (of the batches that failed)")
    return is_fine


def complain(fault: Fault, calm: Phase, then: Phase, last: Phase, logged: str) -> list[str]:
    """List what a crowd saw before, during and after a fault, and what was logged, that is not promised."""
    since = then.seen + last.seen
    found = [f"**broken**: {promise} ({n})" for promise, n in (calm.seen + since).broken.items()]
    if then.answering < then.sessions:
        found.append("**not all were answered**")
    found += _compare("closed with", since.closes, fault.closes)
    found += _compare("errors", since.errors, fault.errors)
    if since.unanswered and not fault.loses:
        found.append(f"**{since.unanswered} snapshots lost**")
    if fault.logs not in logged:
        found.append(f"**not a line {fault.logs!r} in the log**")
    if not fault.errors and "Traceback" in logged:
        found.append(f"**{logged.count('Traceback')} tracebacks in the log**")
    if then.longest_s > (fault.stops_s or _MAX_GAP_S):
        found.append("**waited too long**")
    if not fault.stops_s and then.p99_ms > _MAX_RATIO * max(calm.p99_ms, _FLOOR_MS):
        found.append(f"**p99 {then.p99_ms / calm.p99_ms:.1f} × the calm one**")
    return found


def _try(scene: Scene, fault: Fault) -> bool:
    """Have a fault happen to a crowd, and print what it noticed."""
    logged = len(_log(scene))
    with Crowd(Habits(scene.server.socket)) as crowd:
        time.sleep(_AFTER_S)
        crowd.look()
        looks = [_Look(scene)]
        time.sleep(_CALM_S)
        calm = crowd.look()
        looks.append(_Look(scene))
        with Newcomers(scene.server.url, fault.stops_s or _PATIENCE_S) as newcomers:
            note = fault.act(scene)
        looks.append(_Look(scene))
        time.sleep(_AFTER_S)
        then = crowd.look()
        last = crowd.look(is_last=True)
    complaints = complain(fault, calm, then, last, _log(scene)[logged:])
    if not (fault.stops_s or fault.shuts) and newcomers.longest_s > _MAX_GAP_S:
        complaints.append("**newcomers waited too long**")
    if "**" in note:
        complaints.append("**see there**")
    seen = then.seen
    cut = ", ".join(f"{count} with {code}" for code, count in seen.closes.items()) or "none"
    if seen.unanswered:
        cut += f", {seen.unanswered} of them with a snapshot under way"
    if burden := _burden(looks, calm):
        note += ("; " if note else "") + burden
    if told := seen.errors + last.seen.errors:
        note += ("; " if note else "") + ", ".join(f"{n} × `{code}`" for code, n in told.items())
    print(
        f"| {fault.name} | {then.answering} of {then.sessions} | {cut} | {then.longest_s:.1f} s "
        f"| {calm.p99_ms:.1f} → {then.p99_ms:.1f} ms | {_own_p99(looks)} "
        f"| {newcomers.longest_s:.2f} s "
        f"| {'; '.join(complaints) or 'kept'} | {note} |",
        flush=True,
    )
    return not complaints


class _Look:
    """What the server has measured by now; nothing, if it can't be asked."""

    def __init__(self, scene: Scene) -> None:
        self.at = time.monotonic()
        self.values: dict[str, float] = {}
        with suppress(OSError):
            self.values = numbers(scene.server.url)

    def since(self, earlier: "_Look", name: str) -> float:
        """Say how much something, under whatever label, has grown a second; below 0 in another process."""

        def total(look: "_Look") -> float:
            return sum(value for key, value in look.values.items() if key.partition("{")[0] == name)

        return (total(self) - total(earlier)) / (self.at - earlier.at)


def _own_p99(looks: list[_Look]) -> str:
    """Say how long it took in the server, from a snapshot received to its prediction; everybody's counts."""
    calm, then = (
        quantile_ms(before.values, after.values, "live_digits_answer_seconds", 0.99)
        for before, after in pairwise(looks)
    )
    return f"{calm:.0f} → {then:.0f} ms" if then else "-"


def _burden(looks: list[_Look], calm: Phase) -> str:
    """Say what the server had to do besides the crowd, a second."""
    _, before, after = looks
    usual = calm.seen.sent / (before.at - looks[0].at)
    found = {
        "sessions": after.since(before, "live_digits_sessions_opened_total"),
        "snapshots": after.since(before, "live_digits_snapshots_total") - usual,
        "errors": after.since(before, "live_digits_errors_total"),
    }
    told = [f"{number:,.0f} {name}" for name, number in found.items() if number > _MORE_THAN_USUAL]
    return f"besides, {', '.join(told)} a second" if told else ""


def _log(scene: Scene) -> str:
    return scene.log.read_text() if scene.log.is_file() else ""


def _compare(what: str, seen: Iterable[Code], wanted: Iterable[Code]) -> list[str]:
    """Complain of codes that were not to be, and of those that were to be and were not."""
    more, fewer = set(seen) - set(wanted), set(wanted) - set(seen)
    return [f"**{what} {more}**"] * bool(more) + [f"**{what} none of {fewer}**"] * bool(fewer)
