"""Drawings → the frames that draw them, made ready before the clock starts.

A drawing becomes `steps` frames, each with more of its points than the one before, without their numbers: a
session only stamps seq and rev into them as it sends.
"""

from collections.abc import Callable
from math import isfinite
from random import randbytes
from struct import Struct as Layout
from typing import NamedTuple

import msgspec
import numpy as np
from websockets.frames import Frame, Opcode, apply_mask  # type: ignore[attr-defined]

from live.ink_file import Drawing, Strokes
from live.messages import HEADER, KIND_INK

_NUMBERS = Layout("<II")
_NUMBERS_AT = 4
"""Where seq and rev are in the header."""
_MOST = 0xFFFF
"""What a u16 counts: strokes in a drawing, points in a stroke."""
_WHOLE = _MASKED = 0x80
_MEDIUM, _MEDIUM_MOST = 126, 0xFFFF
_MEDIUM_HEAD = Layout("!BBH")
_EXTENT = 30_000
"""Longer side of a drawing in the whole numbers of binary ink: as fine as 16 bits hold."""


class Motion(NamedTuple):
    """A drawing as a session draws it.

    label: the digit that it is meant to be. points, strokes: of all of it, 0 for a blank one.
    """

    label: int | None
    frames: list[bytes]
    points: int
    strokes: int


Stamp = Callable[[bytes, int, int], bytes | bytearray]
"""A frame, seq and rev → the frame to send."""


def animate(drawing: Drawing, steps: int, is_json: bool) -> Motion:
    """Cut a drawing into frames, the last of which is all of it.

    Raises ValueError when it can't be sent like that.
    """
    if any(len(point) < 2 for stroke in drawing.strokes for point in stroke):
        raise ValueError("Expected points of two numbers or more")
    if not is_json and max(len(drawing.strokes), *map(len, drawing.strokes), 0) > _MOST:
        raise ValueError(
            f"Expected at most {_MOST:,} strokes, and points in each, which is all binary ink holds"
        )
    strokes = drawing.strokes if is_json else _to_whole_numbers(drawing.strokes)
    total = sum(map(len, strokes))
    encode = _json_frame if is_json else _binary_frame
    frames = [encode(_first(strokes, -(-total * step // steps))) for step in range(1, steps + 1)]
    label = None if drawing.label is None else int(drawing.label)
    return Motion(label, frames, total, len(strokes))


def stamp_binary(frame: bytes, seq: int, rev: int) -> bytearray:
    """Number a frame of binary ink."""
    stamped = bytearray(frame)
    _NUMBERS.pack_into(stamped, _NUMBERS_AT, seq, rev)
    return stamped


def stamp_json(frame: bytes, seq: int, rev: int) -> bytes:
    """Number a frame of JSON ink."""
    return b'{"type":"ink","seq":%d,"rev":%d,%b' % (seq, rev, frame)


def masked(opcode: int, payload: bytes | bytearray) -> bytes:
    """Return a whole message as a client's frame on the wire (RFC 6455, section 5.2).

    The library takes 3 µs for it, and this 0.7 for those of the usual length.
    """
    length = len(payload)
    if not _MEDIUM <= length <= _MEDIUM_MOST:
        return Frame(Opcode(opcode), payload).serialize(mask=True)
    mask = randbytes(4)
    return _MEDIUM_HEAD.pack(_WHOLE | opcode, _MASKED | _MEDIUM, length) + mask + apply_mask(payload, mask)


def _first(strokes: Strokes, points: int) -> Strokes:
    """Take the strokes as far as they are drawn after so many points."""
    begun = []
    for stroke in strokes:
        if points <= 0:
            break
        begun.append(stroke[:points])
        points -= len(stroke)
    return begun


def _to_whole_numbers(strokes: Strokes) -> Strokes:
    points = np.array([point[:2] for stroke in strokes for point in stroke], float).reshape(-1, 2)
    if not len(points):
        return strokes
    low = points.min(axis=0)
    with np.errstate(over="ignore"):
        extent = float((points.max(axis=0) - low).max())
    if not isfinite(extent):
        raise ValueError("Expected points nearer to each other")
    scale = _EXTENT / max(extent, 1e-9)
    arrays = [np.array([p[:2] for p in stroke], float).reshape(-1, 2) for stroke in strokes]
    return [np.rint((array - low) * scale).tolist() for array in arrays]


def _binary_frame(strokes: Strokes) -> bytes:
    counts = np.array([len(stroke) for stroke in strokes], "<u2")
    points = np.array([point for stroke in strokes for point in stroke], "<i2")
    return HEADER.pack(KIND_INK, 0, len(strokes), 0, 0) + counts.tobytes() + points.tobytes()


def _json_frame(strokes: Strokes) -> bytes:
    return b'"strokes":' + msgspec.json.encode(strokes) + b"}"
