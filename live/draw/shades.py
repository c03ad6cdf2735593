"""Shades: rows of ink as a row of cells, an upper and a lower half in each. Called by all that shows ink."""

from functools import cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

PAPER, INK = (22, 27, 34), (240, 246, 252)
_LEVELS = 24
"""Between paper and ink: more can't be told apart, and each pair of them is a style to be kept."""


def shade(upper: NDArray[np.float32], lower: NDArray[np.float32]) -> Strip:
    """Show two rows of ink (W,), 0 paper … 1 ink."""
    levels = np.rint(np.stack([upper, lower]) * _LEVELS).astype(int).T.tolist()
    runs = [(pair, len(list(run))) for pair, run in groupby(levels)]
    return Strip([Segment("▀" * length, _style(*pair)) for pair, length in runs], len(levels))


def blank(width: int) -> Strip:
    """Show paper. Under NO_COLOR Textual asks every cell for its style, so that it needs one."""
    return Strip.blank(width, _style(0, 0))


@cache
def _style(above: int, below: int) -> Style:
    return Style(color=_colour(above), bgcolor=_colour(below))


def _colour(level: int) -> Color:
    share = level / _LEVELS
    mixed = (round(paper + (ink - paper) * share) for paper, ink in zip(PAPER, INK, strict=True))
    return Color.from_triplet(ColorTriplet(*mixed))
