"""Paper: a page with a digit on it → the image that a model sees.

Between picture and batcher: picture (decodes) → **paper** → batcher. In comes a page as pixels, out comes a
28×28 image in the same normalisation as ink's. No I/O, no state.

How a digit is found, twice: on the whole page, and again on the part of it where the digit was, enlarged.

1. the paper's brightness is fitted by a smooth surface that starts from the border, so that neither uneven
   light nor the polarity matters: ink is what differs from the paper, in whichever direction of colour
   (light.py);
2. what differs clearly more than the paper's own grain falls into pieces that touch; the heaviest is the
   digit, together with what lies close to it and is no speck (pieces.py);
3. its box goes into MNIST's 20×20, its lines are brought into MNIST's range of widths, and its centre of
   mass goes to the centre (fitting.py).
"""

from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from live.ink import SIDE, Image
from live.pictures.fitting import BOX, IS_INK, Map, normalise
from live.pictures.light import Page, measure_difference, to_grey
from live.pictures.pieces import find_pieces

_LOOK = 160
"""Longer side of a page at the first look: enough to see where the digit is."""
_MIN_CONTRAST = 0.06
"""Of full black against white: fainter is blank. chosen by eye, not tuned."""
_MIN_GRAINS = 6.0
"""Ink stands out from the paper by at least so many standard deviations of its grain."""
_PATCH = 0.3
"""Of the page's longer side: what is wider both ways is no line."""
_MARGIN = 0.2
"""Of the digit's size, around it at the second look: paper to fit to."""


class _Look(NamedTuple):
    """What was seen on a page."""

    ink: Map
    """0 … 1, other pieces than the digit's gone."""
    box: tuple[int, int, int, int]
    """left, top, right, bottom of the digit; right and bottom are just outside."""


def read_page(page: Page) -> Image:
    """Find the digit on a page and normalise it; a page with no ink is a white image."""
    page = to_grey(page)
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
    closer = _look(_resized(page.crop(part), BOX / size))
    left, top, right, bottom = (closer or seen).box
    return normalise((closer or seen).ink[top:bottom, left:right])


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
    ink *= find_pieces(ink > IS_INK, ink).select_digit()
    rows = np.flatnonzero((ink > IS_INK).any(axis=1))
    columns = np.flatnonzero((ink > IS_INK).any(axis=0))
    if not rows.size:
        return None
    return _Look(ink, (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def _grain(contrast: Map) -> float:
    """Estimate the standard deviation of the paper's grain from neighbours' differences.

    However much of the page is ink, few pixels are on its outline. Every other row tells as much as all.
    """
    apart = min(2, contrast.shape[1] - 1)
    differences = np.abs(contrast[::2, apart:] - contrast[::2, : contrast.shape[1] - apart])
    return 1.05 * float(np.median(differences))


def _few(size: int) -> int:
    """Count the pixels that are surely ink if there is any: 1 in 500."""
    return max(size // 500, min(size, 4))


def _contrast(page: Page) -> Map:
    """Measure how each pixel of a grey page differs from the paper, positive where it is ink."""
    difference = measure_difference(page)
    dark, light = _without_patches(-difference), _without_patches(difference)
    # Paper is where the surface fits: what is far from it, is so to the ink's side.
    return (
        dark if float((np.maximum(dark, 0) ** 3).sum()) >= float((np.maximum(light, 0) ** 3).sum()) else light
    )


def _without_patches(contrast: Map) -> Map:
    """Take away what is wider than any line, as shadows with an edge are: a white top-hat."""
    window = 2 * round(_PATCH * max(contrast.shape) / 2) + 1
    eroded = _slide(np.minimum, contrast, window)
    patches = np.maximum(_slide(np.maximum, eroded, window), 0)
    return contrast - patches


def _slide(extreme: np.ufunc, values: Map, window: int) -> Map:
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
