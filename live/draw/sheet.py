"""The sheet: where one draws. The mouse's way becomes ink, and ink becomes half-blocks in shades of grey.

A cell of a terminal is about twice as high as wide: its two halves are square, and each is a pixel.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from live.draw.shades import blank, shade

Point = tuple[float, float]
"""In pixels of half a cell; x to the right, y down."""

_PEN = 0.035
"""Half of the line's width, of the sheet's shorter side."""


class Room(NamedTuple):
    """How much a server reads in one drawing."""

    strokes: int
    points: int


class Sheet(Widget):
    """A sheet to draw on; posts `Changed` with every point, and holds the ink."""

    class Changed(Message):
        """The ink is another."""

        def __init__(self, is_new: bool) -> None:
            super().__init__()
            self.is_new = is_new
            """Something was taken away: what is known of the ink so far holds no longer."""

    class Full(Message):
        """There is no room for another point."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.strokes: list[list[Point]] = []
        self._room = room
        self._is_drawing = False
        self._is_fine = False
        self._pixels: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def undo(self) -> None:
        """Take the last stroke away."""
        self._is_drawing = False
        if self.strokes:
            self.strokes.pop()
            self._draw_afresh()
            self.post_message(self.Changed(is_new=True))

    def clear(self) -> None:
        """Take all ink away."""
        self._is_drawing = False
        self.strokes.clear()
        self._draw_afresh()
        self.post_message(self.Changed(is_new=True))

    def render_line(self, y: int) -> Strip:
        """Show two rows of pixels as a row of cells."""
        if 2 * y + 1 >= len(self._pixels):
            return blank(self.size.width)
        return shade(self._pixels[2 * y], self._pixels[2 * y + 1])

    # ---- the mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin a stroke."""
        if event.button != 1:
            return
        if len(self.strokes) >= self._room.strokes or not self._has_room:
            self.post_message(self.Full())
            return
        self.capture_mouse()
        self._is_drawing = True
        self.strokes.append([])
        self._add(self._point(event))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go on with it."""
        if self._is_drawing:
            point = self._point(event)
            if point != self.strokes[-1][-1]:
                self._add(point)

    def on_mouse_up(self, _: events.MouseUp) -> None:
        """End it."""
        self._is_drawing = False
        self.release_mouse()

    def on_resize(self) -> None:
        """Draw the same ink on the sheet as it is now."""
        self._draw_afresh()

    def _point(self, event: events.MouseEvent) -> Point:
        x, y = event.pointer_x, event.pointer_y
        # Terminals that don't tell pixels tell whole cells: the middle of one is meant.
        self._is_fine |= bool(x % 1 or y % 1)
        middle = 0.0 if self._is_fine else 0.5
        width, height = self.size
        return min(max(x + middle, 0), width), 2 * min(max(y + middle, 0), height)

    @property
    def _has_room(self) -> bool:
        return sum(map(len, self.strokes)) < self._room.points

    def _add(self, point: Point) -> None:
        if not self._has_room:
            self._is_drawing = False
            self.post_message(self.Full())
            return
        stroke = self.strokes[-1]
        stroke.append(point)
        self._ink(stroke[-2] if len(stroke) > 1 else point, point)
        self.post_message(self.Changed(is_new=False))

    # ---- pixels

    def _draw_afresh(self) -> None:
        self._pixels = np.zeros((2 * self.size.height, self.size.width), np.float32)
        for stroke in self.strokes:
            for start, end in zip([stroke[0], *stroke], stroke, strict=False):
                self._ink(start, end)
        self.refresh()

    def _ink(self, start: Point, end: Point) -> None:
        """Ink the line from start to end: pixels near its edge in part."""
        height, width = self._pixels.shape
        pen = max(_PEN * min(height, width), 0.7)
        left, right = sorted((start[0], end[0]))
        top, bottom = sorted((start[1], end[1]))
        # A sheet may have become smaller than its ink.
        x0, x1 = (int(min(max(edge, 0), width)) for edge in (left - pen - 1, right + pen + 2))
        y0, y1 = (int(min(max(edge, 0), height)) for edge in (top - pen - 1, bottom + pen + 2))
        y, x = np.mgrid[y0:y1, x0:x1] + 0.5
        along_x, along_y = end[0] - start[0], end[1] - start[1]
        length = max(along_x**2 + along_y**2, 1e-9)
        share = np.clip(((x - start[0]) * along_x + (y - start[1]) * along_y) / length, 0, 1)
        distance = np.hypot(x - start[0] - share * along_x, y - start[1] - share * along_y)
        part = self._pixels[y0:y1, x0:x1]
        np.maximum(part, np.clip(pen + 0.5 - distance, 0, 1), out=part)
        self.refresh(Region(x0, y0 // 2, x1 - x0, (y1 + 1) // 2 - y0 // 2))
