"""A session's books: what it sent, what came back, and whether the server kept its word.

No I/O and no clock, like the session on the other side. Every prediction is checked as it comes, the sums at
the end.
"""

from collections import Counter
from enum import Enum

_LAWFUL = {1001, 1009, 1013}
"""Closes that need no word before them: idle too long, a frame too big, overloaded."""
_LAWFUL_AFTER_ERRORS = {1003, 1007, 1008}
"""Closes of which errors warn: frames that can't be read, too many of them."""


class Guarantee(Enum):
    """What the protocol promises a session."""

    READY = "a session is told that it is ready, and configured as it asked"
    RISING = "predictions carry rising seq, each of a snapshot that was sent"
    LAST_ANSWERED = "the last snapshot is always answered"
    BALANCE = "predictions + dropped + errors naming a seq = snapshots"
    OPEN = "nobody is closed but as the protocol has it"
    FORM = "every message is as the protocol has it, and in its turn"


class Books:
    """One session's numbers. Snapshot `seq` is the session's seq-th, and of drawing `seq // steps`."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._unanswered: dict[int, float] = {}
        """Seq → when it was due, in order: of snapshots that are not answered, and no newer one is."""
        self._last_answered = -1
        self._is_last_answered = True
        self.sent = 0
        self.answered = 0
        self.dropped = 0
        self.errors: Counter[str] = Counter()
        self.numbered_errors = 0
        self.broken: set[Guarantee] = set()

    @property
    def is_settled(self) -> bool:
        """The last snapshot is answered, by a prediction or an error, and every other is accounted for."""
        return self._is_last_answered and self._accounted >= self.sent

    @property
    def unanswered(self) -> list[float]:
        """When the snapshots were due that still wait for an answer, to them or to a newer one."""
        return list(self._unanswered.values())

    @property
    def _accounted(self) -> int:
        return self.answered + self.dropped + self.numbered_errors

    def send(self, due: float) -> int:
        """Enter a snapshot that is being sent and was due then; return its seq."""
        seq = self.sent
        self.sent = seq + 1
        self._unanswered[seq] = due
        self._is_last_answered = False
        return seq

    def predict(self, seq: int, rev: int, dropped: int) -> list[float]:
        """Enter a prediction; return when the snapshots that it settles were due, its own last."""
        if not self._last_answered < seq < self.sent or rev != seq // self._steps or dropped < 0:
            self.broken.add(Guarantee.RISING)
        self._last_answered = max(self._last_answered, seq)
        self.answered += 1
        self.dropped += dropped
        return self._settle(seq)

    def fault(self, code: str, seq: int | None) -> float | None:
        """Enter an error; one that names a snapshot answers it: return when that was due."""
        self.errors[code] += 1
        if seq is None:
            return None
        if not 0 <= seq < self.sent:
            self.broken.add(Guarantee.RISING)
        self.numbered_errors += 1
        if seq == self.sent - 1:
            self._is_last_answered = True
        return self._unanswered.pop(seq, None)

    def close(self, code: int | None = None, *, is_excused: bool = False) -> None:
        """Close the books, and add up.

        code: that the server closed with, if it did.
        is_excused: it said goodbye, say. Then, or if it may close like that, what was still on its way to it
            may be left unread, and the sums can only be too small.
        """
        is_excused = is_excused or code in _LAWFUL or (code in _LAWFUL_AFTER_ERRORS and bool(self.errors))
        if code is not None and not is_excused:
            self.broken.add(Guarantee.OPEN)
        if is_excused:
            if self._accounted > self.sent:
                self.broken.add(Guarantee.BALANCE)
            return
        if not self._is_last_answered:
            self.broken.add(Guarantee.LAST_ANSWERED)
        elif self._accounted != self.sent:
            self.broken.add(Guarantee.BALANCE)

    def _settle(self, seq: int) -> list[float]:
        if seq == self.sent - 1:
            self._is_last_answered = True
        settled = []
        for older in self._unanswered:
            if older > seq:
                break
            settled.append(older)
        return [self._unanswered.pop(each) for each in settled]
