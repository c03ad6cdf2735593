"""What a session was promised, and whether that was kept: books beside one connection, for `fuzz`.

The client writes in what it sends, and hands every message that comes to `take`; `check` compares both.
"""

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any


class Broken(AssertionError):
    """A promise that was not kept."""


def must(is_kept: bool, promise: str) -> None:
    """Raise Broken unless it is kept."""
    if not is_kept:
        raise Broken(f"Expected {promise}")


@dataclass
class Books:
    """What was sent in a session, and what came of it."""

    received: int = 0
    """Snapshots that the server must account for."""
    valid: dict[int, int] = field(default_factory=dict)
    """Those that may be predicted: number and generation."""
    refused: Counter[str] = field(default_factory=Counter)
    """Errors that must come, by code."""
    configurations: deque[tuple[str, list[str]]] = field(default_factory=deque)
    """Those to be confirmed, in this order."""
    models: set[str] = field(default_factory=lambda: {"compact"})
    """Those asked for so far."""
    included: set[str] = field(default_factory=set)
    """What was asked for so far."""
    pings: deque[bytes] = field(default_factory=deque)
    """Those to be answered, in this order."""
    last_answered: int = -1
    predictions: int = 0
    dropped: int = 0
    numbered: int = 0
    """Errors that named a seq."""
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def last_sent(self) -> int:
        """The newest snapshot's number that may be predicted."""
        return max(self.valid, default=-1)

    @property
    def is_settled(self) -> bool:
        """Everything is accounted for."""
        return (
            self.predictions + self.dropped + self.numbered >= self.received
            and self.errors.total() >= self.refused.total()
            and not self.configurations
            and not self.pings
        )

    def take(self, payload: bytes) -> None:
        """Take in a text frame. Raises Broken."""
        message = json.loads(payload)
        kind = message["type"]
        if kind == "prediction":
            self._take_prediction(message)
        elif kind == "explanation":
            must(message["seq"] <= self.last_answered, "an explanation after its prediction")
            must("explanation" in self.included, "explanations only for who asked")
        elif kind == "error":
            self.errors[message["code"]] += 1
            self.numbered += message["seq"] is not None
        elif kind == "configured":
            must(bool(self.configurations), "no confirmation of what was not asked")
            found, wanted = (message["model"], message["include"]), self.configurations.popleft()
            must(found == wanted, f"{wanted} to be confirmed, not {found}")
        else:
            must(kind == "ready", f"a message that the protocol knows, not {kind}")

    def take_pong(self, payload: bytes) -> None:
        """Take in a pong. Raises Broken."""
        must(bool(self.pings) and self.pings.popleft() == payload, "pongs of pings, in their order")

    def _take_prediction(self, message: dict[str, Any]) -> None:
        seq = message["seq"]
        must(seq > self.last_answered, f"a seq over {self.last_answered}, not {seq}")
        must(seq in self.valid, f"a seq that was sent and is right, not {seq}")
        must(message["rev"] == self.valid[seq], f"rev {self.valid[seq]}, not {message['rev']}")
        must(message["model"] in self.models, f"one of {self.models}, not {message['model']}")
        must("input" not in message or "input" in self.included, "input only for who asked")
        probabilities = message["probabilities"]
        is_blank = message["verdict"] == "blank"
        must((probabilities is None) == is_blank, "probabilities unless it is blank")
        must(is_blank or abs(sum(probabilities) - 1) < 0.01, "probabilities that add up to 1")
        self.last_answered = seq
        self.predictions += 1
        self.dropped += message["dropped"]

    def check(self) -> None:
        """Compare what came with what was sent, once it is settled. Raises Broken."""
        found = self.predictions + self.dropped + self.numbered
        must(found == self.received, f"{self.received} snapshots accounted for, not {found}: {self}")
        must(self.errors == self.refused, f"the errors {self.refused}, not {self.errors}")
        must(self.last_answered == self.last_sent, f"the last snapshot answered: {self}")
