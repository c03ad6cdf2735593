"""What a worker counts between two ticks, and hands to the conductor."""

from array import array
from collections import Counter
from dataclasses import dataclass, field

from live.counts import Addable
from live.load.books import Guarantee


def _seconds() -> "array[float]":
    return array("d")


@dataclass
class Tally:
    """One worker's numbers between two ticks. Times are in seconds."""

    sent: int = 0
    answered: int = 0
    dropped: int = 0
    errors: int = 0
    batches: float = 0.0
    """That the answers came out of, as the server says: each answer is a share of one."""
    withheld: int = 0
    """Snapshots that a full socket kept from being sent; the next one that is sent has their due time."""
    limit_per_s: float | None = None
    """Snapshots a second that the server takes from a session, if it has said so."""
    judged: int = 0
    right: int = 0
    """Of the answers to finished drawings with a label."""
    latencies: "array[float]" = field(default_factory=_seconds)
    """Of answered snapshots: from when they were due to their answer."""
    waits: "array[float]" = field(default_factory=_seconds)
    """Of all snapshots, superseded ones too: until they, or a newer one, were answered, or nobody waited."""
    lags: "array[float]" = field(default_factory=_seconds)
    """Of all snapshots: from when they were due until they were sent. The tester's own fault."""
    firsts: "array[float]" = field(default_factory=_seconds)
    """Of sessions: from beginning to connect to the first prediction, less the wait for their turn."""


@dataclass
class Outcome(Addable):
    """What came of one worker's sessions in the end, or of several workers'."""

    connected: int = 0
    opened: int = 0
    """Of those: told that they are ready, and configured if they asked for it."""
    refused: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    broken: Counter[Guarantee] = field(default_factory=Counter)
    sent: int = 0
    answered: int = 0
    dropped: int = 0
    numbered_errors: int = 0
    unanswered: int = 0
    """Snapshots that had no answer in the end, nor had a newer one of their session; all that a full socket
    then still held back from being sent are one."""
    answers_a_session: "array[int]" = field(default_factory=lambda: array("q"))
    """While it was measured."""
    busy: float = 0.0
    """How much of a core the workers took, while they measured."""
