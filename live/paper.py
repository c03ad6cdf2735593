"""Paper: a page with a digit on it → the image that a model sees.

Between picture and batcher: picture (decodes) → **paper** → batcher. In comes a page as pixels, out comes a
28×28 image in the same normalisation as ink's. No I/O, no state.

How a digit is found, twice: on the whole page, and again on the part of it where the digit was, enlarged.

1. the paper's brightness is fitted by a smooth surface that starts from the border, so that neither uneven
   light nor the polarity matters: ink is what differs from the paper, in whichever direction of colour;
2. what differs clearly more than the paper's own grain falls into pieces that touch; the heaviest is the
   digit, together with what lies close to it and is no speck;
3. its box goes into MNIST's 20×20, its lines are brought into MNIST's range of widths, and its centre of
   mass goes to the centre.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from live.ink import SIDE
from live.pieces import find_pieces

Image = NDArray[np.float32]
"""(28, 28): 0 is paper, 1 is ink."""
Page = Pillow.Image
"""Mode L or RGB."""
_Map = NDArray[np.float32]
"""(H, W): how much each pixel differs from the paper towards the ink's colour."""

_LOOK = 160
"""Longer side of a page at the first look: enough to see where the digit is."""
_GRID = 24
"""Side of the grid that the paper is fitted on."""
_COLOUR_GRID = 64
"""Side of the grid that the ink's colour is found on."""
_FITS = 6
"""Rounds of the robust fit; it has settled by then."""
_MIN_CONTRAST = 0.06
"""Of full black against white: fainter is blank. chosen by eye, not tuned."""
_MIN_GRAINS = 6.0
"""Ink stands out from the paper by at least so many standard deviations of its grain."""
_IS_INK = 0.35
"""Of the ink's own contrast: more is ink when its pieces and its box are found."""
_SAME = 2 / 255
"""Two levels of grey apart is the same paper."""
_PATCH = 0.3
"""Of the page's longer side: what is wider both ways is no line."""
_MARGIN = 0.2
"""Of the digit's size, around it at the second look: paper to fit to."""

_SCALE = 4
"""The digit is worked on at so many times its final size."""
_BOX = 20 * _SCALE
_WIDTHS = (1.7 * _SCALE, 3.6 * _SCALE)
"""Line widths left as they are: 84 % of MNIST's digits have them; the middle 96 % have 1.5 to 4.6."""


class _Look(NamedTuple):
    """What was seen on a page."""

    ink: _Map
    """0 … 1, other pieces than the digit's gone."""
    box: tuple[int, int, int, int]
    """left, top, right, bottom of the digit; right and bottom are just outside."""


def read_page(page: Page) -> Image:
    """Find the digit on a page and normalise it; a page with no ink is a white image."""
    page = _to_grey(page)
    scale = min(1.0, _LOOK / max(page.size))
    seen = _look(_resized(page, scale))
    if seen is None:
        return np.zeros((SIDE, SIDE), np.float32)
    left, top, right, bottom = (edge / scale for edge in seen.box)
    size = max(right - left, bottom - top)
    margin = _MARGIN * size + 1 / scale
    part = (
        max(int(left - margin), 0),
        max(int(top - margin), 0),
        min(int(right + margin) + 1, page.width),
        min(int(bottom + margin) + 1, page.height),
    )
    closer = _look(_resized(page.crop(part), _BOX / size))
    return _normalise(closer or seen)


def _resized(page: Page, scale: float) -> Page:
    if scale == 1.0:
        return page
    size = (max(round(page.width * scale), 1), max(round(page.height * scale), 1))
    # By whole steps first: a photo of 16 million pixels is reduced in 14 ms instead of 63.
    return page.resize(size, Pillow.Resampling.BICUBIC, reducing_gap=2.0)


def _look(page: Page) -> _Look | None:
    """Look for a digit on a page of at most some hundred pixels a side; None when there is no ink."""
    contrast = _contrast(page)
    grain = _grain(contrast)
    strongest = np.partition(contrast.ravel(), -_few(contrast.size))[-_few(contrast.size) :]
    most = float(strongest.mean())
    if most < max(_MIN_CONTRAST, _MIN_GRAINS * grain):
        return None
    level = float(np.median(contrast[contrast > most / 2]))
    floor = max(0.12 * level, min(2.5 * grain, 0.3 * level))
    ink = np.clip((contrast - floor) / (level - floor), 0.0, 1.0).astype(np.float32)
    kept = _coherent(ink)
    ink *= kept
    rows = np.flatnonzero((ink > _IS_INK).any(axis=1))
    columns = np.flatnonzero((ink > _IS_INK).any(axis=0))
    if not rows.size:
        return None
    return _Look(ink, (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def _grain(contrast: _Map) -> float:
    """Estimate the standard deviation of the paper's grain from neighbours' differences.

    However much of the page is ink, few pixels are on its outline. Every other row tells as much as all.
    """
    apart = min(2, contrast.shape[1] - 1)
    differences = np.abs(contrast[::2, apart:] - contrast[::2, : contrast.shape[1] - apart])
    return 1.05 * float(np.median(differences))


def _few(size: int) -> int:
    """Count the pixels that are surely ink if there is any: 1 in 500."""
    return max(size // 500, min(size, 4))


def _to_grey(page: Page) -> Page:
    """Project a page in colour on the direction in which it differs most from its paper: mode L.

    A red pen on a green page, equally bright, would be lost in what is usually called grey.
    """
    if page.mode == "L":
        return page
    grid = _shrunk(page, _COLOUR_GRID)
    difference = grid - _surface(_fit_paper(page), _COLOUR_GRID, _COLOUR_GRID)
    flat = difference.reshape(-1, 3).astype(np.float64)
    direction = np.linalg.eigh(flat.T @ flat)[1][:, -1]
    # Into 0 … 1, whatever the signs.
    direction /= np.abs(direction).sum()
    shift = -255 * float(np.minimum(direction, 0).sum())
    red, green, blue = map(float, direction)
    return page.convert("L", (red, green, blue, shift))


def _contrast(page: Page) -> _Map:
    """Measure how each pixel of a grey page differs from the paper, positive where it is ink."""
    pixels = np.asarray(page, np.float32) / np.float32(255)
    difference: _Map = pixels - _surface(_fit_paper(page), page.width, page.height)[:, :, 0]
    dark, light = _without_patches(-difference), _without_patches(difference)
    # Paper is where the surface fits: what is far from it, is so to the ink's side.
    return (
        dark if float((np.maximum(dark, 0) ** 3).sum()) >= float((np.maximum(light, 0) ** 3).sum()) else light
    )


def _without_patches(contrast: _Map) -> _Map:
    """Take away what is wider than any line, as shadows with an edge are: a white top-hat."""
    window = 2 * round(_PATCH * max(contrast.shape) / 2) + 1
    eroded = _slide(np.minimum, contrast, window)
    patches = np.maximum(_slide(np.maximum, eroded, window), 0)
    return contrast - patches


def _slide(extreme: np.ufunc, values: _Map, window: int) -> _Map:
    """Take the extreme of a square window around each pixel; outside the page, the edge goes on."""
    values = np.pad(values, window // 2, "edge")
    for _ in range(2):
        reach = 1
        while reach < window:
            step = min(reach, window - reach)
            values = extreme(values[step:], values[:-step])
            reach += step
        values = values.T
    return values


def _fit_paper(page: Page) -> NDArray[np.float32]:
    """Fit a quadratic surface to the paper, robustly → its coefficients (6, channels), of 0 … 1.

    Iteratively reweighted least squares (Geman-McClure weights), begun with the border alone. Where most of
    the border is the very same, as a program draws it, that is the paper: a surface would bend towards a
    digit that fills the page.
    """
    values = _shrunk(page, _GRID).reshape(_GRID * _GRID, -1)
    surface = np.zeros((6, values.shape[1]), np.float32)
    edge = values[_EDGE]
    surface[0] = np.median(edge, axis=0)
    if np.mean(np.abs(edge - surface[0]).max(axis=1) < _SAME) > 0.5:
        return surface
    weights = _BORDER
    for _ in range(_FITS):
        weighted = _TERMS * weights
        surface = np.linalg.solve(weighted.T @ _TERMS + _RIDGE, weighted.T @ values)
        distance = np.linalg.norm(values - _TERMS @ surface, axis=1, keepdims=True)
        grain = max(float(np.partition(distance.ravel(), _GRID**2 // 2)[_GRID**2 // 2]), 0.01)
        weights = (0.2 + 0.8 * _BORDER) / (1 + (distance / (2 * grain)) ** 2) ** 2
    return surface.astype(np.float32)


def _shrunk(page: Page, side: int) -> NDArray[np.float32]:
    """Shrink a page to a square grid → (side, side, channels) in 0 … 1."""
    grid = page.resize((side, side), Pillow.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grid, np.float32).reshape(side, side, -1) / np.float32(255)


def _surface(coefficients: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Evaluate a quadratic surface at every pixel → (height, width, channels)."""
    one, x1, y1, x2, xy, y2 = coefficients[:, None, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]
    surface: NDArray[np.float32] = (one + x * (x1 + x * x2)) + y * (y1 + x * xy) + y * y * y2
    return surface


def _terms() -> NDArray[np.float32]:
    """List 1, x, y, x², xy, y² at every cell of the grid → (_GRID², 6), x and y from -1 to 1."""
    y, x = np.mgrid[-1 : 1 : _GRID * 1j, -1 : 1 : _GRID * 1j].reshape(2, -1)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1).astype(np.float32)


def _border(width: int) -> NDArray[np.float32]:
    """Mark the grid's outer cells → (_GRID², 1)."""
    cells = np.ones((_GRID, _GRID), np.float32)
    cells[width:-width, width:-width] = 0
    return cells.reshape(-1, 1)


_TERMS = _terms()
_BORDER = _border(2)
_EDGE = np.flatnonzero(_border(1))
_RIDGE = np.float32(1e-4) * np.eye(6, dtype=np.float32)
"""Keeps the fit solvable where a page gives too few cells any weight."""


def _coherent(ink: _Map) -> NDArray[np.bool_]:
    """Choose the pixels of the heaviest piece of ink and of those that belong to it."""
    return find_pieces(ink > _IS_INK, ink).select_digit()


def _normalise(look: _Look) -> Image:
    """Put the digit into MNIST's box, with MNIST's line width, its centre of mass at the centre."""
    left, top, right, bottom = look.box
    ink = _adjust_width(_boxed(look.ink[top:bottom, left:right]))
    canvas = np.zeros((SIDE * _SCALE, SIDE * _SCALE), np.float32)
    height, width = ink.shape
    mass = float(ink.sum())
    x = SIDE * _SCALE / 2 - float(ink.sum(axis=0) @ (np.arange(width) + 0.5)) / mass
    y = SIDE * _SCALE / 2 - float(ink.sum(axis=1) @ (np.arange(height) + 0.5)) / mass
    _paste(canvas, ink, round(x), round(y))
    small = canvas.reshape(SIDE, _SCALE, SIDE, _SCALE).mean(axis=(1, 3))
    return np.asarray(small, np.float32)


def _paste(canvas: _Map, ink: _Map, x: int, y: int) -> None:
    """Copy ink onto a canvas, its corner at x and y; what is outside is cut off."""
    height, width = ink.shape
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, canvas.shape[1]), min(y + height, canvas.shape[0])
    canvas[top:bottom, left:right] = ink[top - y : bottom - y, left - x : right - x]


def _adjust_width(ink: _Map) -> _Map:
    """Widen or thin lines that are outside MNIST's range."""
    width = _line_width(ink)
    thinnest, widest = _WIDTHS
    if width < thinnest:
        grown = np.pad(ink, _SCALE * 2)
        grown = _spread(grown, round((thinnest - width) / 2 + 0.5))
        return _refit(grown)
    if width > widest:
        steps = min(round((width - widest) / 2), int(width / 2 - 1))
        thinner = 1 - _spread(1 - np.pad(ink, _SCALE * 2), steps)
        return _refit(thinner)
    return ink


def _refit(ink: _Map) -> _Map:
    """Bring ink back into the box."""
    inked = ink > _IS_INK
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not rows.size:
        return ink
    return _boxed(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _boxed(ink: _Map) -> _Map:
    """Resize ink so that its longer side is _BOX."""
    scale = _BOX / max(ink.shape)
    size = max(round(ink.shape[1] * scale), 1), max(round(ink.shape[0] * scale), 1)
    resized: _Map = np.asarray(Pillow.fromarray(ink).resize(size, Pillow.Resampling.BICUBIC), np.float32)
    return np.clip(resized, 0.0, 1.0)


def _line_width(ink: _Map) -> float:
    """Estimate the width of the lines in pixels: twice the area over the length of the outline."""
    inked = np.pad(ink > 0.5, 1)
    edges = np.count_nonzero(inked[1:] != inked[:-1]) + np.count_nonzero(inked[:, 1:] != inked[:, :-1])
    # Edges of pixels overstate a slanted outline, on average over all directions by 4/π.
    return 2 * float(np.count_nonzero(inked)) / max(edges * np.pi / 4, 1.0)


def _spread(ink: _Map, steps: int) -> _Map:
    """Let ink grow by a pixel a step: to the sides, and every other step to the corners too: an octagon."""
    for step in range(steps):
        grown = ink.copy()
        np.maximum(grown[1:], ink[:-1], out=grown[1:])
        np.maximum(grown[:-1], ink[1:], out=grown[:-1])
        source = grown.copy() if step % 2 else ink
        np.maximum(grown[:, 1:], source[:, :-1], out=grown[:, 1:])
        np.maximum(grown[:, :-1], source[:, 1:], out=grown[:, :-1])
        ink = grown
    return ink
