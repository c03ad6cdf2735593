"""Counts: what a session, or many of them added up, sent and received; the log and the metrics tell it."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """What sessions count: snapshots received and dropped, predictions sent by verdict, errors by code."""

    snapshots: int = 0
    dropped: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.snapshots + other.snapshots,
            self.dropped + other.dropped,
            self.verdicts + other.verdicts,
            self.errors + other.errors,
        )
