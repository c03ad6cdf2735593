"""Ensemble: several trained models as one, whose answer is the mean of theirs.

training → **ensemble** → evaluation, export. How `large` is made, of a wide network and two compact
ones, and the teacher of MNIST's images, of three wide ones.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
from keras import layers

from live.ink import SIDE
from trainer.config import Config
from trainer.errors import ModelError
from trainer.models import Model


def combine(runs: Sequence[Path], name: str, folder: Path) -> Model:
    """Make one model of the runs' models and save it, as a run, into a folder.

    Raises ModelError when there are fewer than two runs, or one is not trained.
    """
    if len(runs) < 2:
        raise ModelError(f"Expected at least two runs to combine, got {len(runs)}")
    configs = [Config.load(run / "config.json") for run in runs]
    image = layers.Input((SIDE, SIDE, 1), name="image")
    members = [_load(run, f"member_{i}") for i, run in enumerate(runs)]
    model = keras.Model(
        image, layers.Average(name="scores")([member(image) for member in members]), name=name
    )
    folder.mkdir(parents=True, exist_ok=True)
    replace(configs[0], model=name, members=tuple(run.name for run in runs)).save(folder / "config.json")
    (folder / "history.json").write_text(json.dumps([]) + "\n", "utf-8")
    model.save(folder / "model.keras")
    return model


def _load(run: Path, name: str) -> Model:
    file = run / "model.keras"
    if not file.is_file():
        raise ModelError(f"Expected model.keras in {run}: run `python -m trainer train` first")
    model = keras.models.load_model(file, compile=False)
    model.name = name
    return model
