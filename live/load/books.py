"""A session's books: what it sent, what came back, and whether the server kept its word.

No I/O and no clock, like the session on the other side. Every answer is checked as it comes; what was never
answered, at the end.
"""

from collections import Counter
from enum import Enum
from math import inf
from typing import NamedTuple

_REFUSALS = {"bad_message", "bad_picture", "stale_seq", "unknown_model"}
"""Errors that ink which can be read, in its turn, gives no reason for."""
_UNDER_WAY_S = 0.2
"""What was sent no longer ago may not have been read when the server said goodbye, or closed."""
_UNREAD = {1008, 1009}
"""Closes after which nothing is read or answered of what came before: of a flood, or a frame too big."""


class Guarantee(Enum):
    """What the protocol promises a session."""

    READY = "a session is told that it is ready, and configured as it asked"
    RISING = "predictions carry rising seq, each of a snapshot that was sent"
    LAST_ANSWERED = "the last snapshot is always answered"
    BALANCE = "predictions + dropped + errors naming a seq = snapshots"
    TAKEN = "no ink is refused that is within the limits"
    OPEN = "nobody is closed but as the protocol has it"
    FORM = "every message is as the protocol has it, and in its turn"


class Terms(NamedTuple):
    """What a server asks of a session.

    idle_s: how long a session may send nothing; is_oversized: some of the ink is beyond the limits.
    """

    idle_s: float = 0.0
    is_oversized: bool = False


class Books:
    """One session's numbers. Snapshot `seq` is the session's seq-th, and of drawing `seq // steps`."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._terms = Terms()
        self._unanswered: dict[int, tuple[float, float]] = {}
        """Seq → when it was due and sent, in order: of snapshots not answered, and no newer one is."""
        self._newest_answered = -1
        self._sent_at = self._silent_s = 0.0
        """When the last snapshot was sent, and how long after the one before."""
        self.goodbye_at = inf
        """When the server first said that it was about to close."""
        self.sent = 0
        self.answered = 0
        self.dropped = 0
        self.errors: Counter[str] = Counter()
        self.numbered_errors = 0
        self.broken: set[Guarantee] = set()

    @property
    def is_settled(self) -> bool:
        """The last snapshot is answered, by a prediction or an error, and every other is accounted for."""
        return self.is_last_answered and self._accounted >= self.sent

    @property
    def unanswered(self) -> list[float]:
        """When the snapshots were due that still wait for an answer, to them or to a newer one."""
        return [due for due, _ in self._unanswered.values()]

    @property
    def is_last_answered(self) -> bool:
        """The last snapshot is answered, by a prediction or an error."""
        return self._newest_answered == self.sent - 1

    @property
    def _accounted(self) -> int:
        return self.answered + self.dropped + self.numbered_errors

    def begin(self, terms: Terms, at: float) -> None:
        """Enter what the server asks; it has heard nothing yet of who connected at `at`."""
        self._terms, self._sent_at = terms, at

    def send(self, due: float, at: float) -> int:
        """Enter a snapshot that was due then and is being sent at `at`; return its seq."""
        seq = self.sent
        self.sent = seq + 1
        self._unanswered[seq] = due, at
        self._silent_s, self._sent_at = at - self._sent_at, at
        return seq

    def predict(self, seq: int, rev: int, dropped: int) -> list[float]:
        """Enter a prediction; return when the snapshots that it settles were due, its own last."""
        self.answered += 1
        self.dropped += dropped
        is_due = seq in self._unanswered
        if is_due:
            self._newest_answered = max(seq, self._newest_answered)
        if not is_due or rev != seq // self._steps:
            self.broken.add(Guarantee.RISING)
        # What came before it is accounted for by now, and nothing that is still the newest is superseded.
        if dropped < 0 or not seq < self._accounted < self.sent + self.is_last_answered:
            self.broken.add(Guarantee.BALANCE)
        return self._settle(seq) if is_due else []

    def fault(self, code: str, seq: int | None) -> float | None:
        """Enter an error; one that names a snapshot answers it: return when that was due."""
        self.errors[code] += 1
        if code in _REFUSALS or (code == "too_large" and not self._terms.is_oversized):
            self.broken.add(Guarantee.TAKEN)
        if seq is None:
            return None
        self.numbered_errors += 1
        if seq not in self._unanswered:
            self.broken.add(Guarantee.BALANCE if 0 <= seq < self.sent else Guarantee.RISING)
            return None
        self._newest_answered = max(seq, self._newest_answered)
        return self._unanswered.pop(seq)[0]

    def say_goodbye(self, at: float) -> None:
        """Enter that the server said then that it is about to close."""
        self.goodbye_at = min(self.goodbye_at, at)

    def close(self, code: int | None = None, at: float = inf, *, is_excused: bool = False) -> None:
        """Close the books, and add up.

        code: that the server closed with at `at`, by default long after all that was sent; if it did.
        is_excused: whatever is missing, and however it was closed, is not the server's fault.
        """
        is_lawful = is_excused or (code is not None and self._may_close(code, at))
        if code is not None and not is_lawful:
            self.broken.add(Guarantee.OPEN)
        ended_at = min(self.goodbye_at, at if is_lawful else inf)
        if is_excused or (is_lawful and code in _UNREAD):
            ended_at = -inf
        read_until = ended_at - _UNDER_WAY_S
        late = [seq for seq, (_, sent_at) in self._unanswered.items() if sent_at < read_until]
        unread = len(self._unanswered) - len(late)
        if late and late[-1] > self._newest_answered:
            self.broken.add(Guarantee.LAST_ANSWERED)
        elif not self.sent - unread <= self._accounted <= self.sent:
            self.broken.add(Guarantee.BALANCE)

    def _may_close(self, code: int, at: float) -> bool:
        match code:
            case 1001:
                silent_s = at - self._sent_at
                return (self._silent_s if silent_s < _UNDER_WAY_S else silent_s) >= self._terms.idle_s
            case 1008:
                return self.errors["too_fast"] > 0
            case 1009:
                return self._terms.is_oversized
            case 1012:
                return self.goodbye_at <= at
            case 1013:
                return self.errors["overloaded"] > 0
        return False

    def _settle(self, seq: int) -> list[float]:
        settled = []
        for older in self._unanswered:
            if older > seq:
                break
            settled.append(older)
        return [self._unanswered.pop(each)[0] for each in settled]
