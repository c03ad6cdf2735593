"""Warped images: still MNIST's normalisation, and repeatable."""

import numpy as np
from numpy.typing import NDArray

from live.ink import from_strokes, render
from tests.live.drawings import DRAWINGS
from trainer.warp import Warp

IMAGES = render([from_strokes(strokes) for strokes in DRAWINGS.values()])


def _centres(images: NDArray[np.float32]) -> NDArray[np.float32]:
    grid = np.indices((28, 28), np.float32).reshape(2, -1)
    flat = images.reshape(len(images), -1)
    centres: NDArray[np.float32] = flat @ grid.T / flat.sum(1, keepdims=True)
    return centres


def test_nothing_to_do_leaves_images_as_they_are() -> None:
    still = Warp(0, 0, 0, 0, 0, 0, weight=0, still_share=0)(IMAGES, np.random.default_rng(1))
    assert float(np.abs(still - IMAGES).mean()) < 0.03
    assert (still[IMAGES == 0] == 0).mean() > 0.95, "paper stays paper"


def test_warped_images_stay_normalised() -> None:
    warped = Warp(shift_px=0)(np.tile(IMAGES, (20, 1, 1)), np.random.default_rng(1))
    assert warped.min() >= 0
    assert warped.max() <= 1
    assert float(np.abs(_centres(warped) - 14).max()) < 2
    longer = np.maximum((warped > 0.2).any(1).sum(1), (warped > 0.2).any(2).sum(1))
    assert 18 <= longer.mean() <= 21


def test_ink_may_be_left_larger_or_smaller_than_the_box() -> None:
    images = np.tile(IMAGES, (20, 1, 1))
    fitted, free = (
        Warp(rotation_deg=20, shift_px=0, is_fitted=is_fitted)(images, np.random.default_rng(1))
        for is_fitted in (True, False)
    )
    heights = [(warped > 0.2).any(2).sum(1) for warped in (fitted, free)]
    assert heights[1].std() > 1.1 * heights[0].std()


def _grey_share(images: NDArray[np.float32]) -> float:
    """Return how much of the ink is neither paper nor black: all of it in a blurred image."""
    return float((images * (1 - images)).sum() / images.sum())


def test_warped_images_are_as_sharp_as_what_they_are_made_from() -> None:
    images = np.tile(IMAGES, (20, 1, 1))
    sharp, blurred = (
        Warp(sharpness=sharpness, still_share=0)(images, np.random.default_rng(1)) for sharpness in (1.4, 1)
    )
    of_originals = _grey_share(images)
    assert _grey_share(blurred) > 1.5 * of_originals
    assert _grey_share(sharp) < 1.3 * of_originals


def test_some_images_stay_as_they_are() -> None:
    images = np.tile(IMAGES, (50, 1, 1))
    warped = Warp(still_share=0.2)(images, np.random.default_rng(1))
    assert 0.15 < (warped == images).all((1, 2)).mean() < 0.25


def test_the_same_seed_warps_the_same() -> None:
    first, second = (Warp()(IMAGES, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_blank_images_stay_blank() -> None:
    blank = np.zeros((2, 28, 28), np.float32)
    np.testing.assert_array_equal(Warp()(blank, np.random.default_rng(1)), blank)
