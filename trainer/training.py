"""Training: from a configuration and data to a run folder with a model.

epochs → **training** → evaluation, export. The averaged weights are saved after every epoch, so that a run
that is stopped leaves something to use.
"""

import math
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import keras
import numpy as np

from trainer import models, runs
from trainer.config import Config
from trainer.epochs import Epochs, Teach
from trainer.errors import ModelError, TrainerError
from trainer.mnist import Images
from trainer.teaching import Teacher, distillation, labels_only

WARM_UP = 0.05
"""Share of all steps in which the learning rate rises."""

Log = Callable[[str], None]


def train(
    config: Config,
    epochs: Epochs,
    validation: dict[str, Images],
    folder: Path,
    log: Log,
    *,
    start: Path | None = None,
    teacher: Teacher | None = None,
) -> models.Model:
    """Train a model into a folder and return it with its averaged weights.

    validation: sets whose accuracy is reported after each epoch.
    start: the run whose weights to start from.
    teacher: whose answers count for half of what is to be learnt; has as many outputs.
    Raises ModelError when the folder is another run's, or who teaches or is started from is of another kind,
    and TrainerError, with the last good epoch kept, when the loss or a weight is no longer finite.
    """
    keras.utils.set_random_seed(config.seed)
    outputs = 11 if epochs.has_others else 10
    model = models.build_to_train(config.model, outputs, config.precision)
    served = models.build(config.model, outputs)
    if start:
        model.set_weights(_weights(start, served))
    if teacher and teacher.outputs != outputs:
        raise ModelError(
            f"Expected a teacher of {outputs} outputs {'with' if epochs.has_others else 'without'} --unipen, "
            f"got {teacher.outputs}"
        )
    steps = epochs.size // config.batch * config.repeats
    loss: Any = "sparse_categorical_crossentropy"
    teach: Teach = labels_only
    if teacher:
        loss = distillation(outputs, config.temperature)
        teach = teacher.teach(config.precision, config.temperature)
    model.compile(_optimizer(config, steps), loss)
    runs.begin(folder, config, start)
    model.fit(
        epochs.batches(config.batch, teach),
        steps_per_epoch=steps,
        epochs=config.epochs,
        shuffle=False,
        verbose=0,
        # The averaged weights are in place when an epoch is reported and saved, then make way for training.
        callbacks=[
            keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
            keras.callbacks.LambdaCallback(
                on_epoch_end=_reporter(config, model, served, validation, folder, log)
            ),
        ],
    )
    return served


def _weights(start: Path, like: models.Model) -> list[Any]:
    """Return a run's weights; raises ModelError unless it is of a model like the given one."""
    found = runs.load(start)
    shapes, expected = ([weights.shape for weights in each.get_weights()] for each in (found, like))
    if shapes != expected:
        raise ModelError(
            f"Expected to start from a {like.name} of {like.output_shape[-1]} outputs, "
            f"got in {start} a {found.name} of {found.output_shape[-1]}"
        )
    return list(found.get_weights())


def accuracy(model: models.Model, images: Images) -> float:
    """Return the share of images whose digit is read right."""
    scores = np.asarray(model.predict(images.images[..., None], batch_size=512, verbose=0))
    return float((scores[:, :10].argmax(1) == images.labels).mean())


def _reporter(
    config: Config,
    model: models.Model,
    served: models.Model,
    validation: dict[str, Images],
    folder: Path,
    log: Log,
) -> Callable[[int, dict[str, float]], None]:
    """Return what is to be done after each epoch: have served know it, measure, record, save, tell."""
    history: list[dict[str, Any]] = []
    start = monotonic()

    def report(epoch: int, logs: dict[str, float]) -> None:
        done, weights = epoch + 1, model.get_weights()
        if not (math.isfinite(logs["loss"]) and runs.are_finite(weights)):
            raise TrainerError(
                f"Expected a finite loss and finite weights, got a loss of {logs['loss']:g} in epoch {done}: "
                f"{folder} holds {runs.describe(folder)}"
            )
        served.set_weights(weights)
        record = {"epoch": done, "loss": logs["loss"]}
        record |= {name: accuracy(served, images) for name, images in validation.items()}
        history.append(record)
        runs.save(folder, served, history)
        told = [f"epoch {done}/{config.epochs}"]
        told += [f"{name} {value:.4f}" for name, value in list(record.items())[1:]]
        if left := config.epochs - done:
            told.append(f"{_duration((monotonic() - start) / done * left)} left")
        log("  ".join(told))

    return report


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"


def _optimizer(config: Config, steps: int) -> Any:
    total = steps * config.epochs
    warm_up = math.ceil(total * WARM_UP)
    rate = keras.optimizers.schedules.CosineDecay(
        config.rate / 100,
        max(total - warm_up, 1),
        alpha=1e-3,
        warmup_target=config.rate,
        warmup_steps=warm_up,
    )
    return keras.optimizers.Adam(rate, use_ema=True, ema_momentum=config.averaging)
