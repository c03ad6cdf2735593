"""Explanations of pictures, as far as they need no library: masks, pixels, and what is said without it."""

import base64

import numpy as np
import pytest

from live.errors import UnknownModel
from live.explaining import patches
from live.explaining.explanation import Explanation
from live.explaining.patches import PATCHES, Masked, spread
from live.explaining.tinted import paint_image


def test_masks_put_paper_in_the_place_of_patches() -> None:
    masks = np.eye(PATCHES, dtype=np.uint8)
    images = Masked(np.ones((28, 28), np.float32), masks)
    assert len(images) == PATCHES
    [ninth] = images[8:9]
    assert ninth[4:8, 4:8].all()
    assert ninth.sum() == 16


def test_a_patchs_weight_goes_to_its_ink() -> None:
    image = np.zeros((28, 28), np.float32)
    image[0, 0], image[0, 1], image[27, 27] = 0.75, 0.25, 1
    weights = np.zeros(PATCHES)
    weights[0], weights[1], weights[48] = 0.4, 0.3, -0.2
    pixels = spread(weights, image)
    assert pixels[0, :3] == pytest.approx([0.3, 0.1, 0])
    assert pixels[27, 27] == pytest.approx(-0.2)
    # A patch without ink has nothing to show.
    assert pixels.sum() == pytest.approx(0.2)


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patches, "find_spec", lambda name: None)
    with pytest.raises(UnknownModel, match="live-digits\\[explain\\]"):
        patches.check_installed()


def test_a_picture_is_painted_in_the_colours_of_its_pixels() -> None:
    image = np.zeros((28, 28), np.float32)
    image[5, 5] = image[20, 20] = 1
    pixels = np.zeros((28, 28), np.int8)
    pixels[5, 5], pixels[20, 20] = 127, -127
    numbers, code = [0.0] * 10, base64.b64encode(pixels.tobytes()).decode()
    found = Explanation(0, 0, "compact", 3, "shap", 0.9, 0.0, numbers, numbers, pixels=code, scale=0.2)
    painted = np.asarray(paint_image(image, found), np.int16)[:560].reshape(28, 20, 28, 20, 3)[:, 10, :, 10]
    assert painted[5, 5, 2] - painted[5, 5, 0] > 100
    assert painted[20, 20, 0] - painted[20, 20, 2] > 100
    assert painted[0, 0].tolist() == [255, 255, 255]
