"""Explanations of pictures: which patches of the image made the score.

Beside the flow, as explain.py is for ink. An image of 28×28 is cut into 7×7 patches of 4×4 pixels; paper
takes the place of those that are left out. 49 players are too many for all coalitions, so the shap library
samples them (Kernel SHAP: Lundberg and Lee, "A unified approach to interpreting model predictions", NIPS
2017, section 4.1). Patches without ink change nothing, and get nothing. The library takes seconds to import:
only patching.py, in a process of its own, and the command line ask for it.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.errors import UnknownModel
from live.ink import SIDE, Image, Images
from live.verdict import Probabilities

PATCH = 4
"""Pixels on a side."""
ACROSS = SIDE // PATCH
PATCHES = ACROSS**2
SAMPLES = 256
"""Coalitions that are scored: as many as for ink of eight pieces."""

Masks = NDArray[np.uint8]
"""(B, 49): 1 where the patch is there, 0 where paper is in its place; row by row."""
Score = Callable[[Masks], Probabilities]


class Patches(NamedTuple):
    """What each patch adds to each digit's score (49, 10), and the scores of paper and of the image (10,)."""

    weights: NDArray[np.float64]
    blanks: NDArray[np.float64]
    scores: NDArray[np.float64]


class Masked:
    """The images that masks leave of an image, made when they are asked for."""

    def __init__(self, image: Image, masks: Masks) -> None:
        self._image = image
        self._masks = masks

    def __len__(self) -> int:
        return len(self._masks)

    def __getitem__(self, part: slice) -> Images:
        """Make some of them → (B, 28, 28)."""
        masks = self._masks[part].reshape(-1, ACROSS, ACROSS).repeat(PATCH, axis=1).repeat(PATCH, axis=2)
        return self._image * masks.astype(np.float32)


def check_installed() -> None:
    """Raise UnknownModel, which names the extra, when the library is not there."""
    if find_spec("shap") is None:
        raise UnknownModel(
            "Expected the shap library, which explains pictures: pip install 'live-digits[explain]'"
        )


def explain(image: Image, score: Score) -> Patches:
    """Explain an image (28, 28) by Kernel SHAP; the weights add up to scores less blanks.

    Takes the shap library's time to import when it is first called.
    """
    import shap

    inked = (image.reshape(ACROSS, PATCH, ACROSS, PATCH).max(axis=(1, 3)) > 0).reshape(1, PATCHES)
    ends = score(np.concatenate([np.zeros_like(inked), inked]).astype(np.uint8))
    # The same image is to have the same explanation.
    np.random.seed(0)
    explainer = shap.KernelExplainer(lambda masks: score(masks.astype(np.uint8)), np.zeros((1, PATCHES)))
    values = explainer.shap_values(inked.astype(np.float64), nsamples=SAMPLES, l1_reg=0, silent=True)
    return Patches(np.asarray(values, np.float64).reshape(PATCHES, -1), ends[0], ends[1])


def spread(weights: NDArray[np.float64], image: Image) -> NDArray[np.float64]:
    """Give each pixel its share of its patch's weight (49,), by its ink → (28, 28)."""
    ink = image.reshape(ACROSS, PATCH, ACROSS, PATCH).astype(np.float64)
    totals = ink.sum(axis=(1, 3), keepdims=True)
    shares = np.divide(ink, totals, out=np.zeros_like(ink), where=totals > 0)
    pixels: NDArray[np.float64] = (shares * weights.reshape(ACROSS, 1, ACROSS, 1)).reshape(SIDE, SIDE)
    return pixels
