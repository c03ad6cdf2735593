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
from trainer.normalise import BatchNormalization

Model = Any
"""A `keras.Model`; Keras ships no types."""
Normalise = Callable[[], Any]
"""Makes a layer that normalises by batch."""

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
"""Keras's policies by what is computed in. bfloat16 pays where the processor has instructions for it (AMX, or
AVX-512 BF16): three times as fast for wide, in one thread."""


def check(name: str, precision: str = "float32") -> None:
    """Raise ModelError unless there is a model of that name, and such a precision."""
    if name not in _BODIES:
        raise ModelError(f"Expected a model out of {', '.join(NAMES)}, got {name!r}")
    if precision not in PRECISIONS:
        raise ModelError(f"Expected a precision out of {', '.join(PRECISIONS)}, got {precision!r}")


def build(name: str, outputs: int) -> Model:
    """Build an untrained model, to be saved and served.

    Raises ModelError when there is none of that name.
    """
    check(name)
    return _build(name, outputs, layers.BatchNormalization, "float32")


def build_to_train(name: str, outputs: int, precision: str = "float32") -> Model:
    """Build a model that trains faster; its weights are, in this order, those of the one that `build` makes.

    precision: of what is computed, `float32` or `bfloat16`; weights and scores are float32 always.
    Raises ModelError when there is no model of that name, or no such precision.
    """
    check(name, precision)
    return _build(name, outputs, BatchNormalization, PRECISIONS[precision])


def in_precision(model: Model, precision: str) -> Model:
    """Return a copy of a trained model that computes in another precision, as a teacher may.

    Its scores, like an ensemble's mean of them, stay in float32.
    """

    def copied(layer: Any) -> Any:
        config = layer.get_config()
        is_exact = isinstance(layer, layers.Average) or getattr(layer, "activation", None) in exact
        # What an ensemble computes with its members' scores are not layers, and no precision of their own.
        if isinstance(layer, layers.Layer) and not is_exact:
            config["dtype"] = PRECISIONS[precision]
        is_normalisation = isinstance(layer, layers.BatchNormalization)
        return (BatchNormalization if is_normalisation else type(layer)).from_config(config)

    exact = (keras.activations.softmax, keras.activations.sigmoid)
    copy = keras.models.clone_model(model, clone_function=copied, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def _build(name: str, outputs: int, normalise: Normalise, policy: str) -> Model:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        image = layers.Input((SIDE, SIDE, 1), name="image")
        features = _BODIES[name](image, normalise)
    finally:
        keras.config.set_dtype_policy(before)
    scores = layers.Dense(outputs, activation="softmax", dtype="float32", name="scores")(features)
    return keras.Model(image, scores, name=name)


def _mlp(image: Any, _: Normalise) -> Any:
    """Read pixels with no notion of neighbours: what everybody tries first, for comparison."""
    x = layers.Flatten()(image)
    for units in (256, 128):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(0.2)(x)
    return x


def _classic(image: Any, _: Normalise) -> Any:
    """The CNN of most tutorials: two convolutions, two poolings, one dense layer."""
    x = layers.Conv2D(32, 3, activation="relu")(image)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.25)(x)
    x = layers.Dense(128, activation="relu")(x)
    return layers.Dropout(0.5)(x)


def _compact(image: Any, normalise: Normalise) -> Any:
    """Read well for little time.

    Against classic's time for an image (LiteRT, 8 bits, one thread, batches of 32) it takes 1.2. Other
    designs, as filters of the convolutions with | for pooling, by that time, and by the log loss of 20,000
    warped images held out, after four epochs from the same teachers:

        16 | 32-64 | 96-160 (this one)     1.20  0.038
        16 | 32-80 | 112-192               1.44  0.037
        16-16-16 | 32-64 | 96-160          1.31  0.040
        16-16 | 32-48 | 96-160             1.30  0.037
        16-16 | 32-32-64 | 128-160         1.23  0.036
        16-16 | 32-48-64 | 128-192         1.35  0.036
        16-16 | 32-48 | 112-192            1.41  0.034

    The last one, trained to the end with three seeds and answers that were not softened, reads MNIST as well
    as this one then did (99.69 %) and the pens less well (98.96 % instead of 99.22): in the end it is not the
    design that counts.
    """
    x = _convolve(image, 16, "valid", normalise)
    x = layers.MaxPooling2D()(x)
    x = _convolve(x, 32, "valid", normalise)
    x = _convolve(x, 64, "valid", normalise)
    x = layers.MaxPooling2D()(x)
    x = _convolve(x, 96, "same", normalise)
    x = _convolve(x, 160, "valid", normalise)
    x = layers.Flatten()(x)
    return layers.Dropout(0.3)(x)


def _wide(image: Any, normalise: Normalise) -> Any:
    """Read well for any time: what `large` is put together of, with compact, and what teaches compact."""
    x = image
    for filters, padding in ((32, "valid"), (64, "valid"), (128, "same")):
        x = _convolve(x, filters, padding, normalise)
        x = _convolve(x, filters, padding, normalise)
        if filters < 128:
            x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    return layers.Dropout(0.4)(x)


def _fine(image: Any, normalise: Normalise) -> Any:
    """Read MNIST alone, as well as can be, for any time: nothing is pooled, all layers see a gap of a pixel.

    What `large` hears about scans.

    Source: An, Lee, Park, Yang and So, "An ensemble of simple convolutional neural network models for MNIST
    digit recognition", 2020; with fewer filters.
    """
    x = image
    for filters in (32, 64, 64, 96, 128):
        x = _convolve(x, filters, "valid", normalise, side=5)
    return layers.Flatten()(x)


def _convolve(x: Any, filters: int, padding: str, normalise: Normalise, side: int = 3) -> Any:
    """Convolve, normalise by batch, rectify; the export folds the normalisation into the convolution."""
    x = layers.Conv2D(filters, side, padding=padding, use_bias=False)(x)
    x = normalise()(x)
    return layers.ReLU()(x)


_BODIES: dict[str, Callable[[Any, Normalise], Any]] = {
    "mlp": _mlp,
    "classic": _classic,
    "compact": _compact,
    "wide": _wide,
    "fine": _fine,
}
NAMES = tuple(_BODIES)
