"""Gate: tells a scanned digit from drawn ink, so that who has learnt scans alone is heard about scans alone.

epochs → **gate** → ensemble. A network that learns nothing but MNIST reads it better than one that learns
pens too, and pens worse. What it answers counts as far as the gate takes an image for one of its kind.

Source: Jacobs, Jordan, Nowlan and Hinton, "Adaptive mixtures of local experts", 1991; here the experts are
trained before the gate, and know nothing of it.
"""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from live.ink import SIDE
from trainer.config import Config
from trainer.epochs import Epoch, Epochs
from trainer.models import Model
from trainer.training import Log

_EPOCHS = 6
_RATE = 2e-3


def train_gate(config: Config, epochs: Epochs, log: Log) -> Model:
    """Train a gate: images (B, 28, 28, 1) → (B, 1), how likely each is one of MNIST's kind, in [0, 1].

    epochs: of that configuration, with ink; of which its seed and batch count here.
    """
    keras.utils.set_random_seed(config.seed)
    model = _build()
    steps = epochs.size // config.batch
    rate = keras.optimizers.schedules.CosineDecay(_RATE, steps * _EPOCHS)
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    told = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: log(
            f"gate, epoch {epoch + 1}/{_EPOCHS}  loss {logs['loss']:.4f}  told apart {logs['accuracy']:.4f}"
        )
    )
    model.fit(
        epochs.batches(config.batch, _is_scan),
        steps_per_epoch=steps,
        epochs=_EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=[told],
    )
    return model


def _is_scan(epoch: Epoch) -> NDArray[np.float32]:
    return epoch.from_mnist.astype(np.float32)[:, None]


def _build() -> Model:
    x = image = layers.Input((SIDE, SIDE, 1), name="image")
    for filters, side, strides in ((24, 5, 2), (48, 3, 1), (64, 3, 2)):
        x = layers.Conv2D(filters, side, strides=strides, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Flatten()(x)
    return keras.Model(image, layers.Dense(1, activation="sigmoid", name="is_scan")(x), name="gate")
