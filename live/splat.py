"""Splatting: places along pens' paths, and the ink at each → images.

The last step of ink.py, which alone calls it. No I/O, no state.
"""

import numpy as np
from numpy.typing import NDArray

SIDE = 28
"""Width and height of an image, in pixels."""

_MARGIN = 4
_PADDED = SIDE + 2 * _MARGIN
"""Ink may leave the image (its centre of mass is what is centred); the margin catches it."""
_PHASE_BITS = 6
_PHASES = 1 << _PHASE_BITS
"""Sub-pixel positions of the bump that are told apart."""
_LOW, _HIGH = -_MARGIN + 1, SIDE + _MARGIN - 2.01
"""Places of bumps that are wholly within the padded image."""


def splat(
    places: NDArray[np.float64], mass: NDArray[np.float64], images: NDArray[np.intp] | int = 0, count: int = 1
) -> NDArray[np.float32]:
    """Add a bump of the given mass (N,) at each place (2, N), which it may overwrite → (count, 28, 28).

    images: (N,) which image each is in.
    """
    # In sub-pixels of the padded image, one bump's pixel up and to the left.
    np.maximum(places, _LOW, out=places)
    np.minimum(places, _HIGH, out=places)
    places *= _PHASES
    places += _TO_CORNER
    corners = places.astype(np.intp)
    column, row = corners & _PHASES - 1
    bumps = _BUMPS.take(row << _PHASE_BITS | column, axis=0)
    bumps *= mass[:, None]
    column, row = corners >> _PHASE_BITS
    row *= _PADDED
    row += column
    if count > 1:
        row += images * _PADDED**2
    cells = row[:, None] + _CELLS
    padded = np.bincount(cells.ravel(), bumps.ravel(), count * _PADDED**2)
    padded = padded.reshape(count, _PADDED, _PADDED)[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return padded.astype(np.float32)


def _b_spline() -> NDArray[np.float64]:
    """Tabulate the uniform cubic B-spline at each sub-pixel phase → (_PHASES, 4), rows adding up to 1."""
    t = np.arange(_PHASES) / _PHASES
    return np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 3 * t * (1 + t - t**2) + 1, t**3], axis=1) / 6


_BUMPS = np.einsum("iy,jx->ijyx", _b_spline(), _b_spline()).reshape(_PHASES**2, 16)
"""The bump's 4×4 pixels at each sub-pixel place (y, x). Half a megabyte: gathering from it takes half as
long as multiplying each bump out."""
_CELLS = (np.arange(4)[:, None] * _PADDED + np.arange(4)).ravel()
"""Where those pixels are from the bump's corner in a padded image."""
_TO_CORNER = (_MARGIN - 1) * _PHASES + 0.5
"""From a position to the corner of its bump, in sub-pixels, rounding included."""
