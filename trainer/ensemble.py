"""Ensemble: several trained models as one, whose answer is the mean of theirs.

training, gate → **ensemble** → evaluation, export. How `large` is made: of a wide network and two compact
ones, and of those that have learnt scans alone and are heard about scans alone; and the teacher of MNIST's
images, of three wide ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import keras
from keras import layers, ops

from live.ink import SIDE
from trainer.config import Config
from trainer.datasets import NONE
from trainer.errors import ModelError
from trainer.models import Model
from trainer.runs import begin, check_free, load, save


class Scans(NamedTuple):
    """Who is heard about scans alone.

    runs: which have learnt MNIST alone; the mean of their answers counts for half of what is a scan.
    gate: makes, from a configuration, the model that tells how far an image is one.
    """

    runs: Sequence[Path]
    gate: Callable[[Config], Model]


def combine(runs: Sequence[Path], name: str, folder: Path, scans: Scans | None = None) -> Model:
    """Make one model of the runs' models and save it, as a run, into a folder.

    Raises ModelError when there are fewer than two runs, when one is not trained or has other outputs than
    the rest, when the folder is another run's, or when, with scans, the runs can't tell what is not a digit
    or those of scans can.
    """
    runs_of_scans = scans.runs if scans else ()
    configs = [Config.load(run / "config.json") for run in (*runs, *runs_of_scans)]
    if len(configs) < 2:
        raise ModelError(f"Expected at least two runs to combine, got {len(configs)}")
    members, scan_members = (tuple(run.name for run in each) for each in (runs, runs_of_scans))
    config = replace(configs[0], model=name, members=members, scans=scan_members)
    check_free(folder, config)
    image = layers.Input((SIDE, SIDE, 1), name="image")
    readers_of_all = [_load(run, f"member_{i}") for i, run in enumerate(runs)]
    if len(outputs := {reader.output_shape[-1] for reader in readers_of_all}) > 1:
        raise ModelError(f"Expected runs of as many outputs each, got {sorted(outputs)}")
    scores = _mean(readers_of_all, image, "scores")
    if scans:
        readers = [_load(run, f"scan_member_{i}") for i, run in enumerate(runs_of_scans)]
        found = [scores.shape[-1], *(reader.output_shape[-1] for reader in readers)]
        if found != [NONE + 1] + [NONE] * len(readers):
            raise ModelError(f"Expected runs of 11 outputs, and of 10 for scans, got {found}")
        scores = _gated(scores, _mean(readers, image, "scan_scores"), scans.gate(configs[0])(image))
    model = keras.Model(image, scores, name=name)
    begin(folder, config)
    save(folder, model, [])
    return model


def _mean(members: Sequence[Model], image: Any, name: str) -> Any:
    answers = [member(image) for member in members]
    return layers.Average(name=name)(answers) if len(answers) > 1 else answers[0]


def _gated(scores: Any, of_scans: Any, is_scan: Any) -> Any:
    """Let the scans' scores (B, 10) count for half where is_scan (B, 1) is 1, and nowhere at 0.

    How likely it is a digit at all, the others say alone, by their eleventh score.
    """
    digits, other = scores[:, :NONE], scores[:, NONE:]
    digits = digits + is_scan / 2 * ((1 - other) * of_scans - digits)
    return ops.concatenate([digits, other], axis=-1)


def _load(run: Path, name: str) -> Model:
    model = load(run)
    model.name = name
    return model
