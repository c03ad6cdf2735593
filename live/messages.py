"""The wire format: frames ↔ typed messages.

First and last step of the flow. In come frames as they arrived (text or bytes), out go a `Configure` or a
`Snapshot`; and the server's messages, encoded. Everything a snapshot needs to be predicted is checked here,
so that nothing in a batch can fail. No I/O, no clock.
"""

from functools import lru_cache
from struct import Struct as Layout
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
import numpy as np

from live import ink
from live.errors import BadMessage, BadPicture, LiveError, TooLarge, Unreadable
from live.explanation import Explanation
from live.ink import Ink

PROTOCOL = 1
SUBPROTOCOL = "live-digits.v1"

Include = Literal["input", "explanation"]
Verdict = Literal["digit", "unsure", "not_a_digit", "blank"]
Unsigned = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]

KIND_INK = 1
KIND_PICTURE = 2
_HEADER = Layout("<BBHII")
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


class Snapshot(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One drawing as it was when the client sent it: ink, or a picture, and then the ink is blank.

    drawing: ink, or a frame of it that was checked: most snapshots of a flood are never predicted, and
    making arrays of a frame took half the time of reading it.
    """

    seq: int
    rev: int
    drawing: Ink | bytes
    picture: Picture | None = None

    @property
    def ink(self) -> Ink:
        """The drawing's ink, made anew of a frame; any thread may ask."""
        return self.drawing if isinstance(self.drawing, Ink) else _ink_of(self.drawing)


# ---- from the client


class Configure(msgspec.Struct, tag="configure", frozen=True):
    """Choose the session's model and what its predictions include; what is left out stays as it is."""

    model: str | None = None
    include: list[Include] | None = None


class InkMessage(msgspec.Struct, tag="ink", frozen=True):
    """A snapshot of the ink as JSON; binary frames carry the same, shorter."""

    seq: Unsigned
    strokes: list[list[list[float]]]
    rev: Unsigned = 0


class InkBody(msgspec.Struct, frozen=True):
    """Ink as the body of an HTTP request."""

    strokes: list[list[list[float]]]


class _Numbered(msgspec.Struct):
    """Any message's number, for the error about the rest of it."""

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
    digit: int | None
    confidence: float | None
    probabilities: list[float] | None
    dropped: int
    timing: Timing
    input: str | msgspec.UnsetType = msgspec.UNSET
    """base64 of 28×28 bytes, row-major, 0 paper … 255 ink: what the model saw."""
    explanation: Explanation | msgspec.UnsetType = msgspec.UNSET
    """Over HTTP, when included; in a session it is a message of its own."""


class Error(msgspec.Struct, tag="error", frozen=True):
    """What went wrong, and with which snapshot."""

    code: str
    message: str
    seq: int | None
    retryable: bool


class GoAway(msgspec.Struct, tag="goaway", frozen=True):
    """The server is about to close this session: come back after so many milliseconds."""

    reason: str
    after_ms: int


ServerMessage = Ready | Configured | Prediction | Explanation | Error | GoAway

_decode_text = msgspec.json.Decoder(Configure | InkMessage).decode
_decode_body = msgspec.json.Decoder(InkBody).decode
_decode_number = msgspec.json.Decoder(_Numbered).decode
_encode = msgspec.json.Encoder().encode


def encode(message: ServerMessage) -> str:
    """Encode a message as the text of a frame."""
    return _encode(message).decode()


def error_message(error: LiveError) -> Error:
    """Say a fault as a message."""
    return Error(error.code, error.message, error.seq, error.is_retryable)


def decode(frame: str | bytes, limits: Limits) -> Configure | Snapshot:
    """Decode a client's frame; its size in bytes has been checked by the websocket.

    Raises BadMessage (Unreadable, if it is no message at all), BadPicture or TooLarge, naming the snapshot's
    number where that could be read. What a picture's file holds is for the decoder to find out.
    """
    return _from_text(frame, limits) if isinstance(frame, str) else _from_bytes(frame, limits)


def decode_body(body: bytes, limits: Limits) -> Ink:
    """Decode ink that came as an HTTP body. Raises BadMessage or TooLarge."""
    try:
        strokes = _decode_body(body).strokes
    except msgspec.ValidationError as error:
        raise BadMessage(_explain(str(error))) from None
    except (msgspec.DecodeError, RecursionError):
        raise BadMessage("Expected a JSON object with strokes, got no JSON, or too deep lists") from None
    _check_size(len(strokes), sum(map(len, strokes)), limits, None)
    try:
        return ink.from_strokes(strokes)
    except ValueError as error:
        raise BadMessage(str(error)) from None


def _from_text(frame: str, limits: Limits) -> Configure | Snapshot:
    try:
        message = _decode_text(frame)
    except msgspec.ValidationError as error:
        raise BadMessage(_explain(str(error)), _number_of(frame)) from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise Unreadable("Expected a JSON object with a type, got no JSON, or too deep lists") from None
    if isinstance(message, Configure):
        return message
    _check_size(len(message.strokes), sum(map(len, message.strokes)), limits, message.seq)
    try:
        drawing = ink.from_strokes(message.strokes)
    except ValueError as error:
        raise BadMessage(str(error), message.seq) from None
    return Snapshot(message.seq, message.rev, drawing)


def _from_bytes(frame: bytes, limits: Limits) -> Snapshot:
    if len(frame) < _HEADER.size:
        raise Unreadable(f"Expected a header of {_HEADER.size} bytes, got a frame of {len(frame)}")
    kind, form, n, seq, rev = _HEADER.unpack_from(frame)
    if kind == KIND_PICTURE:
        return Snapshot(seq, rev, ink.BLANK, _picture(frame, form, n, limits, seq))
    if kind != KIND_INK:
        raise BadMessage(f"Expected kind {KIND_INK} (ink) or {KIND_PICTURE} (picture), got {kind}", seq)
    if form != 0:
        raise BadMessage(f"Expected form 0 of ink, got {form}", seq)
    body = len(frame) - _HEADER.size - 2 * n
    if body < 0:
        raise BadMessage(f"Expected the point counts of {n} strokes, got a frame of {len(frame)} bytes", seq)
    total = sum(_counts_of(frame, n))
    if body != 4 * total:
        raise BadMessage(f"Expected {total} points of 4 bytes, got {body} bytes", seq)
    _check_size(n, total, limits, seq)
    return Snapshot(seq, rev, frame)


def _ink_of(frame: bytes) -> Ink:
    """Make ink of a frame of it that `_from_bytes` has checked."""
    _, _, n, _, _ = _HEADER.unpack_from(frame)
    counts = _counts_of(frame, n)
    points = np.frombuffer(frame, _COORDINATE, 2 * sum(counts), _HEADER.size + 2 * n).reshape(-1, 2)
    return Ink(points, np.array([count for count in counts if count], np.intp))


def _counts_of(frame: bytes, n: int) -> tuple[int, ...]:
    """Read the point counts of n strokes, which are few: NumPy's calls would take ten times as long."""
    return _counts_layout(n).unpack_from(frame, _HEADER.size)


@lru_cache(256)
def _counts_layout(n: int) -> Layout:
    return Layout(f"<{n}H")


def _picture(frame: bytes, form: int, n: int, limits: Limits, seq: int) -> Picture:
    if form not in (0, 1):
        raise BadMessage(f"Expected form 0 (grey) or 1 (a file) of picture, got {form}", seq)
    if form == 1 and n:
        raise BadMessage(f"Expected n of 0 before a picture's file, got {n}", seq)
    data = frame[_HEADER.size :]
    if not data or (form == 0 and (n == 0 or len(data) % n)):
        rows = f"whole rows of {n} pixels" if form == 0 else "a file"
        raise BadPicture(f"Expected a picture of {rows}, got {len(data)} bytes", seq)
    if form == 0 and len(data) > limits.picture_pixels:
        raise TooLarge(f"Expected a picture of at most {limits.picture_pixels} pixels, got {len(data)}", seq)
    return Picture(n, data)


def _check_size(strokes: int, points: int, limits: Limits, seq: int | None) -> None:
    if strokes > limits.strokes:
        raise TooLarge(f"Expected at most {limits.strokes} strokes, got {strokes}", seq)
    if points > limits.points:
        raise TooLarge(f"Expected at most {limits.points} points, got {points}", seq)


def _explain(reason: str) -> str:
    """Reword what would echo the client's own value."""
    if not reason.startswith("Invalid"):
        return reason
    if "$.type" in reason:
        return "Expected type configure or ink, got another"
    return f"Expected include of {', '.join(get_args(Include))}, got another"


def _number_of(frame: str) -> int | None:
    try:
        seq = _decode_number(frame).seq
    except (msgspec.MsgspecError, RecursionError):
        return None
    is_number = isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**32
    return seq if is_number else None
