"""What a session was promised, and whether that was kept: books beside one connection, for `fuzz`.

The client writes in what it sends, and hands every message that comes to `take`; `check` compares both.
"""

import json
from base64 import b64decode
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

_PIXELS = 784
_ROUNDING = 1e-6
"""Of ten probabilities' sum."""


class Broken(AssertionError):
    """A promise that was not kept."""


def must(is_kept: bool, promise: str) -> None:
    """Raise Broken unless it is kept."""
    if not is_kept:
        raise Broken(f"Expected {promise}")


class Configuration(NamedTuple):
    """What a session asks for."""

    model: str
    include: list[str]


class Sent(NamedTuple):
    """A snapshot that may be predicted."""

    rev: int
    configuration: int
    """The newest that was asked for before it: its place in `configurations`."""


@dataclass
class Books:
    """What was sent in a session, and what came of it."""

    received: int = 0
    """Snapshots that the server must account for."""
    valid: dict[int, Sent] = field(default_factory=dict)
    """Those that may be predicted, by number."""
    refused: Counter[str] = field(default_factory=Counter)
    """Errors that must come, by code."""
    configurations: list[Configuration] = field(default_factory=lambda: [Configuration("compact", [])])
    """The one that every session begins with, and those to be confirmed, in this order."""
    confirmed: int = 1
    """How many of them are in force, or were."""
    pings: deque[bytes] = field(default_factory=deque)
    """Those to be answered, in this order."""
    last_answered: int = -1
    predictions: int = 0
    dropped: int = 0
    numbered: int = 0
    """Errors that named a seq."""
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def is_explained(self) -> bool:
        """Explanations were asked for, ever."""
        return any("explanation" in asked.include for asked in self.configurations)

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
            and self.confirmed == len(self.configurations)
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
            includes = [asked.include for asked in self._asked(message["seq"])]
            must(any("explanation" in include for include in includes), "explanations only for who asked")
        elif kind == "error":
            self.errors[message["code"]] += 1
            self.numbered += message["seq"] is not None
        elif kind == "configured":
            must(self.confirmed < len(self.configurations), "no confirmation of what was not asked")
            found, wanted = (message["model"], message["include"]), self.configurations[self.confirmed]
            must(found == wanted, f"{wanted} to be confirmed, not {found}")
            self.confirmed += 1
        else:
            must(kind == "ready", f"a message that the protocol knows, not {kind}")

    def take_pong(self, payload: bytes) -> None:
        """Take in a pong. Raises Broken."""
        must(bool(self.pings) and self.pings.popleft() == payload, "pongs of pings, in their order")

    def _take_prediction(self, message: dict[str, Any]) -> None:
        seq = message["seq"]
        must(seq > self.last_answered, f"a seq over {self.last_answered}, not {seq}")
        asked, rev = self._asked(seq), self.valid[seq].rev
        must(message["rev"] == rev, f"rev {rev}, not {message['rev']}")
        models = {each.model for each in asked}
        must(message["model"] in models, f"one of {models}, not {message['model']}")
        has_input = "input" in message
        must(
            any(("input" in each.include) == has_input for each in asked),
            "input for who asked, and only then",
        )
        must(not has_input or len(b64decode(message["input"])) == _PIXELS, f"an input of {_PIXELS} pixels")
        _check_judgement(message)
        must(message["dropped"] >= 0, f"no less than 0 dropped, not {message['dropped']}")
        self.last_answered = seq
        self.predictions += 1
        self.dropped += message["dropped"]

    def _asked(self, seq: int) -> list[Configuration]:
        """List what may have been in force for a snapshot: from the last that was asked for before it on."""
        must(seq in self.valid, f"a seq that was sent and is right, not {seq}")
        return self.configurations[self.valid[seq].configuration :]

    def check(self) -> None:
        """Compare what came with what was sent, once it is settled. Raises Broken."""
        found = self.predictions + self.dropped + self.numbered
        must(found == self.received, f"{self.received} snapshots accounted for, not {found}: {self}")
        must(self.errors == self.refused, f"the errors {self.refused}, not {self.errors}")
        must(self.last_answered == self.last_sent, f"the last snapshot answered: {self}")


def _check_judgement(message: dict[str, Any]) -> None:
    """Check that digit, confidence and probabilities say the same."""
    verdict, digit, confidence = message["verdict"], message["digit"], message["confidence"]
    probabilities = message["probabilities"]
    must(verdict in ("digit", "unsure", "not_a_digit", "blank"), f"a verdict, not {verdict}")
    if verdict == "blank":
        must(digit is confidence is probabilities is None, "no digit where nothing is drawn")
        return
    must(len(probabilities) == 10, f"ten probabilities, not {len(probabilities)}")
    must(all(0 <= each <= 1 for each in probabilities), f"probabilities between 0 and 1, not {probabilities}")
    must(abs(sum(probabilities) - 1) < _ROUNDING, f"probabilities that add up to 1, not {probabilities}")
    must(digit in range(10), f"a digit, not {digit}")
    must(
        confidence == probabilities[digit] == max(probabilities),
        f"the likeliest digit's probability: {message}",
    )
