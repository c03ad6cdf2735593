"""What a load test is to do."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from live import ink_file
from live.ink_file import EXAMPLES, Drawing

MOST_STEPS = 1_000
"""Of a drawing, all of whose frames are made before the test: no pen takes as many."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A load test: so many sessions draw so many snapshots a second each, or as fast as answers come."""

    url: str
    sessions: int = 100
    rate: float = 30.0
    """Snapshots a second and session, while a digit is being drawn."""
    seconds: int = 10
    """Of measuring, which begins when every session is open."""
    ramp_s: float = 1.0
    """Over which the sessions are opened; they draw at once."""
    opening_s: float = 20.0
    """After that; whose session is not open by then counts as refused."""
    is_closed: bool = False
    """Each session sends its next snapshot when its last is answered; `rate` and `pause_s` play no part."""
    steps: int = 16
    """Snapshots that a drawing grows through; 1 sends it whole."""
    pause_s: float = 0.0
    """Between two drawings of a session."""
    ink: Path = EXAMPLES
    is_json: bool = False
    """Send ink as JSON, not in binary."""
    model: str = ""
    token: str = field(default="", repr=False)
    """What the server asks for; in no report."""
    processes: int = 1
    niceness: int = 0
    """Of those processes. A tester that lets a server on the same cores go first gets to its answers late and
    one by one, and the server then answers in small batches, which cost more: with 10 instead of 0, on two
    cores, 10,000 answers a second instead of 22,300, for 137 µs each instead of 69."""
    grace_s: float = 10.0
    """How long last snapshots may stay unanswered."""
    seed: int = 0

    @cached_property
    def drawings(self) -> list[Drawing]:
        """The drawings of `ink`, which is read once: it may be a pipe. Raises BadMessage or OSError."""
        return ink_file.read(self.ink)

    @property
    def period_s(self) -> float:
        """From the beginning of a drawing to that of the session's next."""
        return self.steps / self.rate + self.pause_s

    @property
    def turn_s(self) -> float:
        """How long it takes until every session had its turn, in an open loop."""
        return self.period_s if self.pause_s else 1 / self.rate

    @property
    def snapshots_per_s(self) -> float:
        """Of all sessions together, in an open loop."""
        return self.sessions * self.steps / self.period_s
