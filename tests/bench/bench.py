"""What the parts of the bench share: what is to be measured, with what, and what is known already."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from live import ink, ink_file
from live.ink import Images
from live.load import conductor
from live.load.frames import animate
from live.load.plan import Plan
from live.load.report import Report
from live.load.watch import Watch
from tests.bench.table import Table
from tests.conftest import RunningServer, running_server

SATURATING = 256
"""Sessions in a closed loop that keep a server busy all the time."""
LEAST_RIGHT = 0.9
"""Of finished drawings whose digit is known, below which whatever answered was not the model."""
FEWEST = 20
"""Such drawings, to say that."""


class Target(NamedTuple):
    """A server that is measured."""

    server: RunningServer
    watch: Watch


@dataclass
class Bench:
    """One run of the bench."""

    model: str
    ink: Path
    seconds: int
    """Of each measurement; some take longer."""
    is_quick: bool
    table: Table = field(default_factory=Table)

    @contextlib.contextmanager
    def target(self, *flags: str) -> Iterator[Target]:
        """Run the server that is to be measured."""
        with running_server("--model", self.model, *flags) as server:
            yield Target(server, Watch(server.process.pid))

    def load(self, target: Target, *, is_ordeal: bool = False, **changes: Any) -> Report:
        """Load a server: whole drawings, in binary, as fast as they are answered, unless told otherwise."""
        plan = Plan(
            url=target.server.socket,
            ink=self.ink,
            steps=1,
            seconds=self.seconds,
            is_closed=True,
            ramp_s=0.2,
            sessions=64,
        )
        return load(replace(plan, **changes), target.watch, is_ordeal=is_ordeal)

    @cached_property
    def best(self) -> Report:
        """The best that one process can do: it never has to wait."""
        return self.measure_best()

    def measure_best(self) -> Report:
        """Measure that, as it is just now: others use the same machine."""
        self.table.note("capacity")
        with self.target() as target:
            return self.load(target, sessions=SATURATING)

    def open_loop(self, target: Target, share: float, sessions: int = SATURATING, **changes: Any) -> Report:
        """Load a server with a share of its capacity."""
        rate = share * self.best.answers_per_s / sessions
        return self.load(target, is_closed=False, rate=rate, sessions=sessions, **changes)

    @cached_property
    def frames(self) -> Sequence[bytes]:
        """Every drawing as binary ink."""
        return [animate(drawing, 1, is_json=False).frames[0] for drawing in ink_file.read(self.ink)]

    def images(self, count: int) -> Images:
        """Some of the drawings, as the model sees them → (count, 28, 28)."""
        drawings = [ink.from_strokes(drawing.strokes) for drawing in ink_file.read(self.ink)]
        return ink.render([drawings[i % len(drawings)] for i in range(count)])


def load(plan: Plan, watch: Watch | None = None, *, is_ordeal: bool = False) -> Report:
    """Load a server as planned.

    Raises AssertionError where `check` does, and KeyboardInterrupt when stopped: numbers of a part of the
    time are worth nothing either.
    """
    report = conductor.run(plan, watch)
    if report.is_cut_short:
        raise KeyboardInterrupt
    check(report, is_ordeal=is_ordeal)
    return report


def check(report: Report, *, is_ordeal: bool = False) -> None:
    """Raise AssertionError unless every session was served, and right: else numbers are worth nothing.

    is_ordeal: how many are refused or closed is for the caller to look at.
    """
    outcome, judged = report.outcome, report.judged
    assert report.is_kept, f"The server broke its word: {outcome.broken}"
    assert not outcome.errors, f"Expected answers, got errors: {outcome.errors}"
    is_served = not (outcome.refused or outcome.closed)
    assert is_ordeal or is_served, (
        f"Expected sessions, got {outcome.refused} refused, {outcome.closed} closed"
    )
    is_right = judged < FEWEST or report.right >= LEAST_RIGHT * judged
    assert is_right, f"Expected what was drawn, got it {report.right} times of {judged}"
