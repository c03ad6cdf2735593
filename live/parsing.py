"""Parsing: frames → a client's messages.

First step of the flow. In come frames as they arrived (text or bytes), out go a `Configure` or a `Snapshot`.
Everything a snapshot needs to be predicted is checked here, so that nothing in a batch can fail. No I/O, no
clock.
"""

import re
from typing import Any, get_args

import msgspec

from live import ink
from live.errors import BadMessage, BadPicture, TooLarge, Unreadable
from live.ink import Ink
from live.messages import (
    HEADER,
    KIND_INK,
    KIND_PICTURE,
    Configure,
    Frame,
    Include,
    InkBody,
    InkMessage,
    Limits,
    Numbered,
    Picture,
    Snapshot,
    counts_reader,
)

_HEADER_BYTES = HEADER.size
_unpack_header = HEADER.unpack_from
_decode_text = msgspec.json.Decoder(Configure | InkMessage).decode
_decode_body = msgspec.json.Decoder(InkBody).decode
_decode_number = msgspec.json.Decoder(Numbered).decode

_SHORT, _MEDIUM = 1_024, 16_384
"""Characters of a text up to which it is decoded as it is."""
_EXTREME = re.compile(r"[eE][+-]?\d{3}")
_MOST_EXTREME = 16


def decode(frame: str | bytes, limits: Limits) -> Configure | Snapshot:
    """Decode a client's frame; its size in bytes has been checked by the websocket.

    Raises BadMessage (Unreadable, if it is no message at all), BadPicture or TooLarge, naming the snapshot's
    number where that could be read. What a picture's file holds is for the decoder to find out.
    """
    return _from_text(frame, limits) if isinstance(frame, str) else _from_bytes(frame, limits)


def decode_body(body: bytes, limits: Limits) -> Ink:
    """Decode ink that came as an HTTP body. Raises BadMessage or TooLarge."""
    _check_cost(body.decode("latin-1"), limits)
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
    _check_cost(frame, limits)
    try:
        message = _decode_mended(frame)
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


def check_ink(frame: str | bytes, limits: Limits) -> tuple[int, int, tuple[int, ...]] | None:
    """Return seq, rev and the strokes' point counts if a frame is binary ink and nothing is wrong with it."""
    if isinstance(frame, str):
        return None
    size = len(frame)
    if size < _HEADER_BYTES:
        return None
    kind, form, n, seq, rev = _unpack_header(frame)
    points_at = _HEADER_BYTES + 2 * n
    if kind != KIND_INK or form or n > limits.strokes or size < points_at:
        return None
    counts = counts_reader(n)(frame, _HEADER_BYTES)
    total = sum(counts)
    if size != points_at + 4 * total or total > limits.points:
        return None
    return seq, rev, counts


def _from_bytes(frame: bytes, limits: Limits) -> Snapshot:
    if found := check_ink(frame, limits):
        seq, rev, counts = found
        return Snapshot(seq, rev, Frame(frame, counts))
    if len(frame) < HEADER.size:
        raise Unreadable(f"Expected a header of {HEADER.size} bytes, got a frame of {len(frame)}")
    kind, form, n, seq, rev = HEADER.unpack_from(frame)
    if kind == KIND_PICTURE:
        return Snapshot(seq, rev, ink.BLANK, _picture(frame, form, n, limits, seq))
    if kind != KIND_INK:
        raise BadMessage(f"Expected kind {KIND_INK} (ink) or {KIND_PICTURE} (picture), got {kind}", seq)
    if form != 0:
        raise BadMessage(f"Expected form 0 of ink, got {form}", seq)
    body = len(frame) - HEADER.size - 2 * n
    if body < 0:
        raise BadMessage(f"Expected the point counts of {n} strokes, got a frame of {len(frame)} bytes", seq)
    total = sum(counts_reader(n)(frame, _HEADER_BYTES))
    if body != 4 * total:
        raise BadMessage(f"Expected {total} points of 4 bytes, got {body} bytes", seq)
    raise _too_large(n, total, limits, seq)


def _picture(frame: bytes, form: int, n: int, limits: Limits, seq: int) -> Picture:
    if form not in (0, 1):
        raise BadMessage(f"Expected form 0 (grey) or 1 (a file) of picture, got {form}", seq)
    if form == 1 and n:
        raise BadMessage(f"Expected n of 0 before a picture's file, got {n}", seq)
    data = frame[HEADER.size :]
    if not data or (form == 0 and (n == 0 or len(data) % n)):
        rows = f"whole rows of {n} pixels" if form == 0 else "a file"
        raise BadPicture(f"Expected a picture of {rows}, got {len(data)} bytes", seq)
    if form == 0 and len(data) > limits.picture_pixels:
        raise TooLarge(f"Expected a picture of at most {limits.picture_pixels} pixels, got {len(data)}", seq)
    return Picture(n, data)


def _check_cost(text: str, limits: Limits) -> None:
    """Raise BadMessage or TooLarge for what takes far longer to decode than its length says.

    Everybody waits meanwhile. A number near the ends of a double's range takes 10 to 50 µs, where others take
    0.05: a megabyte of them 2 s. One of empty lists, with a fault at its end, takes 0.3 s.
    """
    if len(text) > _SHORT and text.count("e") + text.count("E") > _MOST_EXTREME:
        extreme = len(_EXTREME.findall(text))
        if extreme > _MOST_EXTREME:
            told = f"Expected at most {_MOST_EXTREME} numbers beyond 1e99 or below 1e-99, got {extreme}"
            raise BadMessage(told, _number_of(text))
    if len(text) > _MEDIUM:
        lists, most = text.count("["), limits.strokes + limits.points + 16
        if lists > most:
            raise TooLarge(f"Expected at most {most} lists, got {lists}", _number_of(text))


def _check_size(strokes: int, points: int, limits: Limits, seq: int | None) -> None:
    if strokes > limits.strokes or points > limits.points:
        raise _too_large(strokes, points, limits, seq)


def _too_large(strokes: int, points: int, limits: Limits, seq: int | None) -> TooLarge:
    if strokes > limits.strokes:
        return TooLarge(f"Expected at most {limits.strokes} strokes, got {strokes}", seq)
    return TooLarge(f"Expected at most {limits.points} points, got {points}", seq)


def _explain(reason: str) -> str:
    """Reword what would echo the client's own value."""
    if not reason.startswith("Invalid"):
        return reason
    if "$.type" in reason:
        return "Expected type configure or ink, got another"
    return f"Expected include of {', '.join(get_args(Include))}, got another"


def _decode_mended(frame: str) -> Configure | InkMessage:
    """Decode a text, also if its numbers are written as 7.0, which is 7 in JSON. Raises as msgspec does."""
    message: Configure | InkMessage
    try:
        message = _decode_text(frame)
    except msgspec.ValidationError:
        fields = _with_whole_numbers(frame)
        if fields is None:
            raise
        message = msgspec.convert(fields, Configure | InkMessage)
    return message


def _with_whole_numbers(frame: str) -> dict[str, Any] | None:
    """Return a message's fields with whole seq and rev as integers; None if none was written as 7.0."""
    try:
        fields = msgspec.json.decode(frame)
    except (msgspec.DecodeError, RecursionError):
        return None
    found = {key: fields.get(key) for key in ("seq", "rev")} if isinstance(fields, dict) else {}
    whole = {key: int(n) for key, n in found.items() if isinstance(n, float) and n.is_integer()}
    return fields | whole if whole else None


def _number_of(frame: str) -> int | None:
    """Return the number of the snapshot that a text was to be, if it can be read."""
    try:
        message = _decode_number(frame)
    except (msgspec.MsgspecError, RecursionError):
        return None
    seq = message.seq
    if message.type == "configure":
        return None
    if isinstance(seq, float) and seq.is_integer():
        seq = int(seq)
    is_number = isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**32
    return seq if is_number else None
