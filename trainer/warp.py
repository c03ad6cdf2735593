"""Warp images: MNIST as other hands would have written it.

On the way into training: mnist → **warp** → epochs. In come images in MNIST's normalisation, out come as
many, each turned, sheared, stretched and bent a little and, unless told otherwise, still normalised: the box
fits 20×20 and the centre of mass is in the middle, as `live.ink.render` makes them. Nothing is drawn from
anywhere but the given generator.

Source: Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
document analysis", ICDAR 2003.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.ink import SIDE

Floats = NDArray[np.float32]

_CENTRE = 14.0
"""Centre of mass of a normalised image, in pixels: the same as the renderer's."""
_BOX = 20.0
"""Longer side of the ink's box in a normalised image, in pixels."""
_INK = 0.2
"""Pixels from here on count for the box; paler ones are the blur around a line."""
_MIDDLE = 0.47
"""The grey that stays in the middle when edges are made steeper: what keeps MNIST's amount of ink."""
_KNOTS = 6
"""Knots a side of the grid that bends an image: bends are about a fifth of an image long."""
_CHUNK = 256
"""Images warped at a time; more would not fit the processor's cache."""


class Warp(NamedTuple):
    """How far images are warped at most (uniform) or typically (bend, a standard deviation).

    sharpness: how much steeper edges are made than they come out of the warp, which looks between pixels and
    so blurs: at 1.4, as much of the ink is grey as of MNIST's own. contrast: how far it is from that, a
    factor's logarithm. weight: how much darker or paler edges are. still_share: images left as they are.
    is_fitted: warped ink is fitted into the box again, as it is in what is served.
    """

    rotation_deg: float = 12.0
    shear: float = 0.22
    stretch: float = 0.14
    shift_px: float = 0.6
    bend_px: float = 0.45
    contrast: float = 0.25
    sharpness: float = 1.4
    weight: float = 0.08
    still_share: float = 0.15
    is_fitted: bool = True

    def __call__(self, images: Floats, rng: np.random.Generator) -> Floats:
        """Warp images (N, 28, 28) in [0, 1] → (N, 28, 28) in [0, 1]."""
        warped = np.empty_like(images)
        for start in range(0, len(images), _CHUNK):
            part = slice(start, start + _CHUNK)
            warped[part] = _warp(images[part], self, rng)
        still = rng.random(len(images)) < self.still_share
        warped[still] = images[still]
        return warped


def _warp(images: Floats, warp: Warp, rng: np.random.Generator) -> Floats:
    count = len(images)
    matrix = _matrices(warp, count, rng)
    centre, fitted = _normalise(images, matrix)
    matrix = fitted if warp.is_fitted else matrix
    inverse = np.linalg.inv(matrix).astype(np.float32)
    grid = np.indices((SIDE, SIDE), np.float32).reshape(2, -1)
    out = grid[None] - _CENTRE - rng.uniform(-warp.shift_px, warp.shift_px, (count, 2, 1)).astype(np.float32)
    bend = rng.normal(0, warp.bend_px, (count, 2, _KNOTS * _KNOTS)).astype(np.float32)
    source = inverse @ (out + bend @ _BENDS) + centre[:, :, None]
    pixels = _sample(images, source[:, 0], source[:, 1])
    steepness = warp.sharpness * np.exp(rng.uniform(-warp.contrast, warp.contrast, (count, 1)))
    middle = _MIDDLE + rng.uniform(-warp.weight, warp.weight, (count, 1))
    # Steep enough for paper to stay paper, and ink ink.
    steepness = np.maximum(steepness, 0.5 / np.minimum(middle, 1 - middle))
    pixels -= middle.astype(np.float32)
    pixels *= steepness.astype(np.float32)
    pixels += np.float32(0.5)
    return np.clip(pixels, 0, 1, out=pixels).reshape(images.shape)


def _matrices(warp: Warp, count: int, rng: np.random.Generator) -> Floats:
    """Draw matrices (N, 2, 2) that act on columns (y, x)."""
    angle = np.radians(rng.uniform(-warp.rotation_deg, warp.rotation_deg, count))
    shear = rng.uniform(-warp.shear, warp.shear, count)
    stretch = np.exp(rng.uniform(-warp.stretch, warp.stretch, count))
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]]).transpose(2, 0, 1)
    slant = np.array([[stretch, 0 * shear], [shear, 1 / stretch]]).transpose(2, 0, 1)
    matrices: Floats = (turn @ slant).astype(np.float32)
    return matrices


def _normalise(images: Floats, matrix: Floats) -> tuple[Floats, Floats]:
    """Return centres of mass (N, 2), and the matrices scaled so that the warped ink fits the box."""
    flat = images.reshape(len(images), -1)
    grid = np.indices((SIDE, SIDE), np.float32).reshape(2, -1)
    centre = (flat @ grid.T) / np.maximum(flat.sum(1, keepdims=True), 1e-6)
    # Only the ends of each row's ink can be at the edge of the box once it is warped.
    inked = np.array(images > _INK, dtype=bool)
    ends = np.stack([inked.argmax(2), SIDE - 1 - inked[:, :, ::-1].argmax(2)], 1).astype(np.float32)
    rows = np.broadcast_to(np.arange(SIDE, dtype=np.float32), ends.shape)
    outline = np.stack([rows, ends], 1).reshape(len(images), 2, -1)
    has_ink = np.repeat(np.asarray(inked.any(2))[:, None], 2, 1).reshape(len(images), 1, -1)
    warped = matrix @ outline
    extent = np.ptp(np.where(has_ink, warped, (matrix @ centre[:, :, None])), axis=2).max(1) + 1
    return centre, matrix * (_BOX / extent)[:, None, None]


def _sample(images: Floats, y: Floats, x: Floats) -> Floats:
    """Look images (N, 28, 28) up at points (N, P) between pixels; outside is paper."""
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    side = SIDE + 3
    y, x = np.clip(y + 1, 0, SIDE + 1), np.clip(x + 1, 0, SIDE + 1)
    row, column = y.astype(np.int32), x.astype(np.int32)
    y, x = y - row, x - column
    flat = padded.reshape(-1)
    corner = np.arange(len(images), dtype=np.int32)[:, None] * (side * side) + row * side + column
    above, above_right = flat.take(corner), flat.take(corner + 1)
    below, below_right = flat.take(corner + side), flat.take(corner + side + 1)
    above += (above_right - above) * x
    below += (below_right - below) * x
    return above + (below - above) * y


def _bends() -> Floats:
    """Return the weight of each knot's bump at each pixel (_KNOTS², 784), its squares adding up to 1."""
    knots = np.linspace(0, SIDE - 1, _KNOTS)
    spacing = knots[1] - knots[0]
    bumps = np.exp(-(((np.arange(SIDE) - knots[:, None]) / (0.6 * spacing)) ** 2))
    bumps /= np.sqrt((bumps**2).sum(0))
    weights: Floats = np.einsum("ai,bj->abij", bumps, bumps).reshape(_KNOTS**2, -1).astype(np.float32)
    return weights


_BENDS = _bends()
