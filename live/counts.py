"""Counts: what a session, or many of them added up, sent and received; the log and the metrics tell it."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Self


@dataclass(slots=True)
class Addable:
    """What is added up field by field: `sum(many, start=Own())`."""

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(slots=True)
class Counts(Addable):
    """What sessions count: snapshots received and dropped, predictions sent by verdict, errors by code."""

    snapshots: int = 0
    dropped: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: Self) -> Self:
        """Add in place: while those of 10,000 sessions are added up for `/metrics`, nobody is answered."""
        self.snapshots += other.snapshots
        self.dropped += other.dropped
        if other.verdicts:
            self.verdicts.update(other.verdicts)
        if other.errors:
            self.errors.update(other.errors)
        return self
