"""What comes from a server, read and held against the contract.

frames → **mail** → hand: in comes a frame's text, out comes a message that is as the protocol has it. It
knows neither the session nor its snapshots: whether a message is due, and its numbers are right, others say.
"""

from typing import Literal

import msgspec

from live.messages import Configured, Error, GoAway, Prediction
from live.verdict import DIGITS

_ROUNDING = 0.01
"""How far from 1 the sum of ten probabilities may be, if each is rounded to two decimals or more."""
_NOTHING = (None, None, None)

Code = Literal[
    "bad_message",
    "bad_picture",
    "too_large",
    "too_fast",
    "unknown_model",
    "stale_seq",
    "overloaded",
    "internal",
]


class Limits(msgspec.Struct, frozen=True):
    """What any server of the protocol tells of its limits, and what ours tells beyond that."""

    frame_bytes: int
    points: int
    strokes: int
    picture_pixels: int
    snapshots_per_s: float
    idle_s: float = 1.0
    """At least, of who does not tell: nobody has been idle who has just drawn."""


class Model(msgspec.Struct, frozen=True):
    """What any server tells of a model."""

    name: str
    default: bool = False


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """The first message, as any server has it: our own has more to say."""

    protocol: Literal[1]
    server: str
    session: str
    models: list[Model]
    limits: Limits

    @property
    def default(self) -> str:
        """The model that reads unless another is asked for."""
        return next(model.name for model in self.models if model.default)


class Fault(Error, tag="error", frozen=True):
    """An error, of a code that there is."""

    code: Code


Message = Ready | Configured | Prediction | Fault | GoAway
"""An explanation is none of them: no load test asks for any."""

_decode = msgspec.json.Decoder(Message).decode


def read(text: bytes) -> Message:
    """Read a message. Raises ValueError unless it is one, and whole, and its parts agree."""
    try:
        message: Message = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"Expected a message of the protocol, but: {error}") from None
    if isinstance(message, Prediction):
        if not _agrees(message):
            raise ValueError("Expected a prediction whose parts agree")
    elif isinstance(message, Ready) and sum(model.default for model in message.models) != 1:
        raise ValueError("Expected one default model")
    return message


def _agrees(told: Prediction) -> bool:
    digit, confidence, scores = told.digit, told.confidence, told.probabilities
    if told.timing.batch < 1 or told.input is not msgspec.UNSET or told.explanation is not msgspec.UNSET:
        return False
    if digit is None or confidence is None or scores is None:
        return told.verdict == "blank" and (digit, confidence, scores) == _NOTHING
    return (
        told.verdict != "blank"
        and len(scores) == DIGITS
        and 0 <= digit < DIGITS
        and scores[digit] == max(scores)
        and min(scores) >= 0
        and -_ROUNDING <= sum(scores) - 1 <= _ROUNDING
        and 0 <= confidence <= 1
    )
