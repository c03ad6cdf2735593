"""Ink as a file: drawings that were kept, to be drawn or read again.

    {"drawings": [{"label": "7", "strokes": [[[x, y], …], …]}, …]}      many, or one: {"strokes": […]}

Strokes are as on the wire: x to the right, y down, any unit and origin, and numbers beyond x and y are
ignored; so is every key that is not named here. A label is the digit that was meant, and may be missing. What
the page saves is a file of one drawing.
"""

from pathlib import Path
from typing import Annotated

import msgspec

from live.errors import BadMessage

EXAMPLES = Path(__file__).parent / "drawings.json"
"""Digits of our own, with labels. Whole numbers 0 … 1000, about 50 points each, as pens give."""

FORM = '{"strokes": [[[x, y], …], …]}, or many: {"drawings": [{"strokes": …}, …]}'
"""What such a file holds, for those who bring one."""

Strokes = list[list[list[float]]]


class Drawing(msgspec.Struct, frozen=True):
    """One drawing, and the digit that it is meant to be, "0" … "9", where that is known."""

    strokes: Strokes
    label: Annotated[str, msgspec.Meta(pattern="^[0-9]$")] | None = None


class _Many(msgspec.Struct):
    drawings: Annotated[list[Drawing], msgspec.Meta(min_length=1)]


def read(path: Path) -> list[Drawing]:
    """Read the drawings of a file, at least one. Raises BadMessage or OSError."""
    return decode(path.read_bytes(), path.name)


def decode(text: bytes, name: str) -> list[Drawing]:
    """Decode the drawings of a file's contents; name is for messages. Raises BadMessage."""
    try:
        has_many = "drawings" in msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        if has_many:
            return msgspec.json.decode(text, type=_Many).drawings
        return [msgspec.json.decode(text, type=Drawing)]
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadMessage(f"Expected ink in {name}, as {FORM}, but: {error}") from None


def write(path: Path, drawings: list[Drawing]) -> None:
    """Write drawings to a file, one a line."""
    lines = [msgspec.json.encode(drawing).decode() for drawing in drawings]
    path.write_text('{"drawings": [\n' + ",\n".join(lines) + "\n]}\n")
