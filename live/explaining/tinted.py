"""Explanations as pictures: the strokes, or the pixels, in the colours of what they say about the digit.

Called by the command `predict --explain`. Blue speaks for the digit, orange against it, grey for neither.
"""

import base64
from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from live.explaining.explanation import Explanation
from live.ink import SIDE, SMALLEST_EXTENT, Image, from_strokes

_PIXELS = 560
_MARGIN = 60
_WIDTH = 26
_LEGEND = 56
_FINER = 2
"""Drawn larger by this and reduced, so that edges are smooth."""
_PAPER = (255, 255, 255)
_FOR, _NEITHER, _AGAINST = (0, 89, 184), (133, 134, 140), (184, 67, 0)
_LEAST_SCALE = 0.1
"""Weights below this have pale colours, even where none is larger."""

_Weights = NDArray[np.float64]


def paint_ink(strokes: Sequence[Sequence[Sequence[float]]], explanation: Explanation) -> Pillow.Image:
    """Paint strokes in the colours of their pieces."""
    pieces = explanation.pieces or []
    scale = max([_LEAST_SCALE, *(abs(piece.weight) for piece in pieces)])
    page = Pillow.new("RGB", (_PIXELS * _FINER, _PIXELS * _FINER), _PAPER)
    brush, lines = ImageDraw.Draw(page), _fit(strokes)
    for piece in pieces:
        colour = _colour(np.array(piece.weight / scale))
        for number in range(piece.stroke, piece.stroke + piece.strokes):
            start = piece.start if number == piece.stroke else 0
            end = piece.end if number == piece.stroke + piece.strokes - 1 else None
            # On to the next piece's first point, so that there is no gap.
            if part := lines[number][start : None if end is None else end + 1]:
                _line(brush, part, tuple(colour.tolist()))
    return _with_legend(page.resize((_PIXELS, _PIXELS), Pillow.Resampling.LANCZOS), explanation, scale)


def paint_image(image: Image, explanation: Explanation) -> Pillow.Image:
    """Paint what the model saw of a picture (28, 28) in the colours of its pixels."""
    assert isinstance(explanation.pixels, str)
    shares = np.frombuffer(base64.b64decode(explanation.pixels), np.int8).reshape(SIDE, SIDE) / 127
    ink = image[..., None]
    painted = ink * _colour(shares) + (1 - ink) * np.array(_PAPER)
    page = Pillow.fromarray(painted.round().astype(np.uint8))
    scale = explanation.scale if isinstance(explanation.scale, float) else 1.0
    return _with_legend(page.resize((_PIXELS, _PIXELS), Pillow.Resampling.NEAREST), explanation, scale)


def _colour(shares: _Weights) -> NDArray[np.uint8]:
    """Turn shares of the scale (…), -1 … 1, into colours (…, 3)."""
    ends = np.where(shares[..., None] < 0, np.array(_AGAINST), np.array(_FOR))
    strength = np.minimum(np.abs(shares), 1)[..., None] ** 0.6
    return (np.array(_NEITHER) * (1 - strength) + ends * strength).round().astype(np.uint8)


def _fit(strokes: Sequence[Sequence[Sequence[float]]]) -> list[list[tuple[float, float]]]:
    """Place strokes on the page, keeping their shape."""
    points = from_strokes(strokes).points
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = (_PIXELS - 2 * _MARGIN) / max(float(extent.max()), SMALLEST_EXTENT)
    placed = map(tuple, ((points - low) * scale + (_PIXELS - extent * scale) / 2) * _FINER)
    return [list(islice(placed, len(stroke))) for stroke in strokes]


def _line(brush: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: tuple[int, ...]) -> None:
    brush.line(points, colour, _WIDTH * _FINER, "curve")
    for point in (points[0], points[-1]):
        brush.circle(point, _WIDTH * _FINER / 2, colour)


def _with_legend(page: Pillow.Image, explanation: Explanation, scale: float) -> Pillow.Image:
    whole = Pillow.new("RGB", (_PIXELS, _PIXELS + _LEGEND), _PAPER)
    whole.paste(page)
    band = np.broadcast_to(_colour(np.linspace(-1, 1, 160)), (10, 160, 3)).astype(np.uint8)
    whole.paste(Pillow.fromarray(band), ((_PIXELS - 160) // 2, _PIXELS + 6))
    text = ImageDraw.Draw(whole)
    font = ImageFont.load_default(15)
    digit, middle = explanation.digit, _PIXELS / 2
    text.text((middle - 92, _PIXELS + 11), f"-{scale:.2g} against a {digit}", "black", font, "rm")
    text.text((middle + 92, _PIXELS + 11), f"for a {digit} +{scale:.2g}", "black", font, "lm")
    told = f"a digit, and a {digit}: {explanation.blank:.1%} on blank paper, {explanation.score:.1%} here"
    text.text((middle, _PIXELS + 38), told, "black", font, "mm")
    return whole
