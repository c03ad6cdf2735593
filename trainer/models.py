"""Models: the networks that can be trained, by name.

In comes a name and a number of outputs, out comes an untrained Keras model: input (B, 28, 28, 1) float32 in
[0, 1], output (B, outputs) float32, a softmax. Backend-neutral; imported late, since Keras takes seconds to
load.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from live.ink import SIDE
from trainer.errors import ModelError

Model = Any
"""A `keras.Model`; Keras ships no types."""


def build(name: str, outputs: int) -> Model:
    """Build an untrained model.

    Raises ModelError when there is none of that name.
    """
    if name not in _BODIES:
        raise ModelError(f"Expected a model out of {', '.join(NAMES)}, got {name!r}")
    image = layers.Input((SIDE, SIDE, 1), name="image")
    features = _BODIES[name](image)
    scores = layers.Dense(outputs, activation="softmax", name="scores")(features)
    return keras.Model(image, scores, name=name)


def _mlp(image: Any) -> Any:
    """Read pixels with no notion of neighbours: what everybody tries first, for comparison."""
    x = layers.Flatten()(image)
    for units in (256, 128):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(0.2)(x)
    return x


def _classic(image: Any) -> Any:
    """The CNN of most tutorials: two convolutions, two poolings, one dense layer."""
    x = layers.Conv2D(32, 3, activation="relu")(image)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.25)(x)
    x = layers.Dense(128, activation="relu")(x)
    return layers.Dropout(0.5)(x)


def _compact(image: Any) -> Any:
    """Read well for little time.

    Against classic's time for an image (LiteRT, one thread, batches of 32) it takes 1.1. Measured and left:
    16-32-32-64-64 with padding everywhere 1.6, though it has two fifths of the filters; 48 instead of 32 1.5;
    a first layer of 5×5 and stride 2, 32-64-64-96-128, 1.8; depthwise-separable 32-64-96-128-128 1.0.
    """
    x = _convolve(image, 16, "valid")
    x = layers.MaxPooling2D()(x)
    x = _convolve(x, 32, "valid")
    x = _convolve(x, 48, "valid")
    x = layers.MaxPooling2D()(x)
    x = _convolve(x, 96, "same")
    x = _convolve(x, 128, "valid")
    x = layers.Flatten()(x)
    return layers.Dropout(0.3)(x)


def _convolve(x: Any, filters: int, padding: str) -> Any:
    """Convolve 3×3, normalise by batch, rectify; the export folds the normalisation into the convolution."""
    x = layers.Conv2D(filters, 3, padding=padding, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x)


_BODIES: dict[str, Callable[[Any], Any]] = {
    "mlp": _mlp,
    "classic": _classic,
    "compact": _compact,
}
NAMES = tuple(_BODIES)
