"""The kinds of input: what to begin with, and what reads it and checks what was read."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from live import parsing
from live.errors import LiveError
from live.ink import Image, Ink
from live.messages import Configure
from live.pictures.archives import read_archive
from live.pictures.picture import read_file, read_grey
from live.settings import Settings
from live.uploads import receive
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.pages import archive, draw, encoded

LIMITS = replace(Settings().limits, points=1_000, strokes=50, picture_pixels=1 << 14)
"""Small, so that what is mutated goes beyond them."""
MOST_BYTES = 1 << 15
MOST_FILES = 10
SHARES = {
    "picture": 30, "raw grey": 3, "binary frame": 25, "text frame": 20, "body": 10, "archive": 8, "form": 4
}  # fmt: skip
"""Of all inputs, in per cent."""

_BOUNDARY = b"--b"
_TOO_WIDE = 130
"""Pixels; a square of as many is too large."""
_MOST_PIXELS = 1 << 20
"""Of a file: those that say they are a little larger than they are, are decoded, too."""


class Kind(NamedTuple):
    """One kind of input."""

    examples: list[bytes]
    """Those that are read; some are as large as may be."""
    excesses: list[bytes]
    """Those that are refused for being a little larger."""
    read: Callable[[bytes], object]
    """Reads one, and checks what came of it. Raises LiveError, or AssertionError."""


def kinds() -> dict[str, Kind]:
    """List them by name."""
    page, wide = draw(side=40), draw(side=1025)
    forms = [("PNG", {}), ("JPEG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("BMP", {})]
    pictures = [encoded(page, form, **options) for form, options in forms]
    modes = ("1", "L", "LA", "P", "RGBA", "I;16")
    pictures += [encoded(page.convert("L").convert(mode)) for mode in modes]
    drawings = [[[(round(x), round(y)) for x, y in s] for s in strokes] for strokes in DRAWINGS.values()]
    drawings += [[[(10, 10)]] * LIMITS.strokes, [[(10, 10)] * LIMITS.points]]
    excesses = [[[(10, 10)]] * (LIMITS.strokes + 1), [[(10, 10)] * (LIMITS.points + 1)]]
    ink = [binary_ink(strokes, seq) for seq, strokes in enumerate(drawings)]
    ink += [b"\2\1\0\0\0\0\0\0\0\0\0\0" + pictures[0], b"\2\0\x28\0\0\0\0\0\0\0\0\0" + bytes(1600)]
    too_much_ink = [binary_ink(strokes, 1) for strokes in excesses]
    too_much_ink.append(b"\2\0\x82\0\0\0\0\0\0\0\0\0" + bytes(_TOO_WIDE**2))
    texts, too_long = [_as_text(strokes) for strokes in drawings], [_as_text(strokes) for strokes in excesses]
    archives = [archive([("a/b.png", pictures[0]), ("c.jpg", pictures[1])])]
    archives += [archive([("d.png", bytes(MOST_BYTES + 1))]), _archive_of(MOST_FILES)]
    bodies = [_form(pictures[0], 1), _form(b"?", MOST_FILES)]
    return {
        "picture": Kind(pictures, [encoded(wide), encoded(wide, "GIF")], _read_picture),
        "raw grey": Kind([b"\x28" + bytes(1600)], [b"\x82" + bytes(_TOO_WIDE**2)], _read_grey),
        "binary frame": Kind(ink, too_much_ink, _decode),
        "text frame": Kind(
            [*texts, b'{"type":"configure","model":"classic","include":["input"]}'],
            too_long,
            lambda data: _decode(data.decode(errors="replace")),
        ),
        "body": Kind(texts, too_long, lambda data: _check_ink(parsing.decode_body(data, LIMITS))),
        "archive": Kind(archives, [_archive_of(MOST_FILES + 1)], _read_archive),
        "form": Kind(
            bodies,
            [_form(b"?", MOST_FILES + 1), _form(bytes(MOST_BYTES), 1)],
            lambda data: asyncio.run(_receive(data)),
        ),
    }


def _as_text(strokes: object) -> bytes:
    return json.dumps({"type": "ink", "seq": 1, "strokes": strokes}).encode()


def _archive_of(count: int) -> bytes:
    return archive([(f"{number}.png", b"?") for number in range(count)])


def _form(file: bytes, count: int) -> bytes:
    head = b'\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    return (_BOUNDARY + head + file + b"\r\n") * count + _BOUNDARY + b"--\r\n"


# ---- reading


def _read_picture(data: bytes) -> None:
    _check_image(read_file(data, _MOST_PIXELS))


def _read_grey(data: bytes) -> None:
    _check_image(read_grey(data[1:], data[0] if data else 0, LIMITS.picture_pixels))


def _check_image(image: Image) -> None:
    assert image.shape == (28, 28)
    assert 0 <= image.min() <= image.max() <= 1


def _decode(data: str | bytes) -> None:
    message = parsing.decode(data, LIMITS)
    if isinstance(message, Configure):
        return
    assert 0 <= message.seq < 1 << 32
    assert 0 <= message.rev < 1 << 32
    _check_ink(message.ink)
    if message.picture and message.picture.width:
        assert len(message.picture.data) % message.picture.width == 0
        assert len(message.picture.data) <= LIMITS.picture_pixels


def _check_ink(ink: Ink) -> None:
    assert ink.points.shape == (ink.counts.sum(), 2)
    assert np.isfinite(ink.points).all()
    assert len(ink.points) <= LIMITS.points
    assert len(ink.counts) <= LIMITS.strokes
    assert (ink.counts > 0).all()


def _read_archive(data: bytes) -> None:
    members = list(read_archive(io.BytesIO(data), 0, len(data), MOST_BYTES, MOST_FILES))
    assert 0 < len(members) <= MOST_FILES
    for _, found in members:
        assert isinstance(found, LiveError) or len(found) <= MOST_BYTES


async def _receive(data: bytes) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 500):
            yield data[start : start + 500]

    with closing(
        await receive(chunks(), "multipart/form-data; boundary=b", MOST_BYTES, MOST_FILES)
    ) as upload:
        assert len(upload.parts) <= MOST_FILES
        for part in upload.parts:
            assert len(upload.read(part)) == part.size
