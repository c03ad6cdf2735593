"""The messages: what a client and the server say to each other, typed.

Last step of the flow: the server's messages, encoded. The first, from frames to a client's messages, is
parsing.py's.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache
from itertools import chain
from struct import Struct as Layout
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import numpy as np

from live.errors import LiveError
from live.explaining.explanation import Explanation
from live.ink import Drawings, Ink, inked

PROTOCOL = 1
SUBPROTOCOL = "live-digits.v1"
PATH = "/v1/live"

Include = Literal["input", "explanation"]
Verdict = Literal["digit", "unsure", "not_a_digit", "blank"]
Unsigned = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]

# What validators and generators of clients are told, and nothing here checks again.
Point = Annotated[list[float], msgspec.Meta(extra_json_schema={"minItems": 2})]
Digit = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": 9})]
Ten = msgspec.Meta(extra_json_schema={"minItems": 10, "maxItems": 10})
_INPUT = "base64 of 28×28 bytes, row-major, 0 paper … 255 ink: what the model saw."
_EXPLAINED = "Over HTTP, when included; in a session it is a message of its own."

KIND_INK = 1
KIND_PICTURE = 2
HEADER = Layout("<BBHII")
"""kind, form, n, seq, rev."""
_COORDINATE = np.dtype("<i2")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may do, as `ready` tells it."""

    frame_bytes: int
    points: int
    strokes: int
    picture_pixels: int
    snapshots_per_s: float
    sessions: int
    sessions_per_address: int
    idle_s: float
    """Without a frame from the client."""
    session_s: float
    """From its beginning to its goodbye."""
    stuck_s: float
    """That answers may be left unread."""
    handshake_s: float
    upload_bytes: int
    upload_s: float


class Picture(NamedTuple):
    """A bitmap of a drawing, still to be decoded.

    width: of rows of grey bytes, 0 black … 255 white; 0 for an encoded file.
    """

    width: int
    data: bytes


class Frame(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A binary frame of ink that was checked, and the point counts of its strokes, 0 for some of them.

    Most snapshots of a flood are never predicted, and making arrays of a frame took half the time of reading
    it: so that is done of those that are, a batch at a time.
    """

    data: bytes
    counts: tuple[int, ...]

    @property
    def points(self) -> bytes:
        """Its points, as they came."""
        return self.data[HEADER.size + 2 * len(self.counts) :]


class Snapshot(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One drawing as it was when the client sent it: ink, or a picture, and then the ink is blank."""

    seq: int
    rev: int
    drawing: Ink | Frame
    picture: Picture | None = None

    @property
    def ink(self) -> Ink:
        """The drawing's ink, made anew of a frame; any thread may ask."""
        if isinstance(self.drawing, Ink):
            return self.drawing
        points, counts, _ = _join([self.drawing])
        return Ink(points, counts, inked(self.drawing.counts))

    @property
    def points(self) -> int:
        """How many points the ink has."""
        return len(self.drawing.points) if isinstance(self.drawing, Ink) else sum(self.drawing.counts)


def drawings_of(snapshots: Sequence[Snapshot]) -> Drawings:
    """Join the ink of one snapshot or more."""
    frames = [drawing for snapshot in snapshots if isinstance(drawing := snapshot.drawing, Frame)]
    if len(frames) == len(snapshots):
        return _join(frames)
    return Drawings.of([snapshot.ink for snapshot in snapshots])


# ---- from the client


class Configure(msgspec.Struct, tag="configure", frozen=True):
    """Choose the session's model and what its predictions include; what is left out stays as it is."""

    model: str | None = None
    include: list[Include] | None = None


class InkMessage(msgspec.Struct, tag="ink", frozen=True):
    """A snapshot of the ink as JSON; binary frames carry the same, shorter."""

    seq: Unsigned
    strokes: list[list[Point]]
    rev: Unsigned = 0


class InkBody(msgspec.Struct, frozen=True):
    """Ink as the body of an HTTP request."""

    strokes: list[list[Point]]


class Numbered(msgspec.Struct):
    """Any message's number, for the error about the rest of it."""

    type: Any = None
    seq: Any = None


# ---- from the server


class Model(msgspec.Struct, frozen=True):
    """A model as `ready` lists it."""

    name: str
    default: bool
    summary: str


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """The first message of every session."""

    protocol: int
    server: str
    session: str
    models: list[Model]
    limits: Limits


class Configured(msgspec.Struct, tag="configured", frozen=True):
    """The whole configuration now in force."""

    model: str
    include: list[Include]


class Timing(msgspec.Struct, frozen=True, gc=False):
    """Where a prediction's time went: waiting, being predicted, and how many shared the batch."""

    queue_ms: float
    predict_ms: float
    batch: int


class Prediction(msgspec.Struct, tag="prediction", gc=False):
    """The answer to a snapshot; digit, confidence and probabilities are None for a blank drawing."""

    seq: int
    rev: int
    model: str
    verdict: Verdict
    digit: Digit | None
    confidence: float | None
    probabilities: Annotated[list[float], Ten] | None
    dropped: int
    timing: Timing
    input: Annotated[str, msgspec.Meta(description=_INPUT)] | msgspec.UnsetType = msgspec.UNSET
    explanation: Annotated[Explanation, msgspec.Meta(description=_EXPLAINED)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class Error(msgspec.Struct, tag="error", frozen=True):
    """What went wrong, and with which snapshot."""

    code: str
    message: str
    seq: int | None
    retryable: bool


class Fault(msgspec.Struct, frozen=True):
    """Why a request over HTTP, or a line of it, has no prediction."""

    code: str
    message: str


class FaultBody(msgspec.Struct, frozen=True):
    """Why an HTTP request was not answered."""

    error: Fault


class GoAway(msgspec.Struct, tag="goaway", frozen=True):
    """The server is about to close this session: come back after so many milliseconds."""

    reason: str
    after_ms: int


class Close(Enum):
    """Why the server closes a session: code and reason of the websocket's close frame."""

    IDLE = 1001, "idle too long"
    UNREADABLE_BYTES = 1003, "frames that can't be read"
    UNREADABLE_TEXT = 1007, "text that can't be read"
    FLOODING = 1008, "too many messages"
    INTERNAL = 1011, "internal"
    RESTART = 1012, "restart"

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason


ServerMessage = Ready | Configured | Prediction | Explanation | Error | GoAway

_encode = msgspec.json.Encoder().encode


def fault_body(code: str, message: str) -> dict[str, Any]:
    """Say why a request was not answered, as a FaultBody to be encoded."""
    body: dict[str, Any] = msgspec.to_builtins(FaultBody(Fault(code, message)))
    return body


def encode(message: ServerMessage) -> str:
    """Encode a message as the text of a frame."""
    return _encode(message).decode()


def error_message(error: LiveError, seq: int | None = None) -> Error:
    """Say a fault as a message; seq: of the snapshot that it is about, where the fault does not know."""
    return Error(error.code, error.message, error.seq if seq is None else seq, error.is_retryable)


def _join(frames: Sequence[Frame]) -> Drawings:
    """Join the ink of frames: for one of them, NumPy's calls would take three times as long."""
    points = np.frombuffer(b"".join([frame.points for frame in frames]), _COORDINATE).reshape(-1, 2)
    counts = [[count for count in frame.counts if count] for frame in frames]
    strokes = np.array([len(own) for own in counts], np.intp)
    return Drawings(points, np.array(list(chain.from_iterable(counts)), np.intp), strokes)


@lru_cache(256)
def counts_reader(n: int) -> Callable[[bytes, int], tuple[int, ...]]:
    """Make what reads the point counts of n strokes, which follow a frame's header.

    They are few: NumPy's calls would take ten times as long.
    """
    return Layout(f"<{n}H").unpack_from
