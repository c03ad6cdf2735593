"""Export: from a run folder to what the server loads.

training, evaluation → **export** → weights/NAME.keras, NAME.tflite and NAME.json.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer import cards, runs
from trainer.config import Config, lineage
from trainer.describe import describe
from trainer.errors import ModelError
from trainer.evaluation import saved
from trainer.lite import lite_scores, times_classic
from trainer.seeds import compare

TOLERANCE = 0.15
"""Most that the two files' scores may differ by, one of which counts in 8 bits: 0.08 is the most seen."""

Floats = NDArray[np.float32]


def check(run: Path, others: Sequence[Path] = ()) -> Config:
    """Return the configuration of a run that can be exported.

    others: as `export` has them.
    Raises ModelError when the run is not trained or not evaluated, is of a model that is not served, or is
    not like the others.
    """
    config = Config.load(run / "config.json")
    needed = (("model.keras", "train"), ("model.tflite", "evaluate"), ("evaluation.json", "evaluate"))
    for name, command in needed:
        if not (run / name).is_file():
            raise ModelError(f"Expected {name} in {run}: run `python -m trainer {command}` first")
    if config.model not in cards.SUMMARIES:
        raise ModelError(f"Expected a run of {', '.join(cards.SUMMARIES)}, got one of {config.model}")
    for each in (run, *others):
        saved(each)
    if others:
        compare([run, *others])
    return config


def export(run: Path, weights: Path, images: Floats, others: Sequence[Path] = ()) -> Path:
    """Export a trained and evaluated run into a folder of weights; return the card's path.

    images: (N, 28, 28) to compare the two files on.
    others: runs of other seeds, for the card to say what is luck.
    Raises ModelError when `check` does, or when the files disagree.
    """
    config = check(run, others)
    model = runs.load(run)
    difference = largest_difference(model, run / "model.tflite", images)
    if difference > TOLERANCE:
        raise ModelError(
            f"Expected model.keras and model.tflite in {run} to agree within {TOLERANCE}, got {difference}"
        )
    weights.mkdir(parents=True, exist_ok=True)
    # Its files and its card change together, or a server would find weights that aren't their card's.
    with TemporaryDirectory(prefix=".export-", dir=weights) as folder:
        made = _write(config, run, model, Path(folder), weights, others)
        for file in made:
            file.replace(weights / file.name)
    return weights / f"{config.model}.json"


def _write(
    config: Config, run: Path, model: Any, folder: Path, weights: Path, others: Sequence[Path]
) -> list[Path]:
    """Write all that makes a served model into a folder → its files, the card last.

    weights: where its cost is compared with classic's.
    """
    keras_file, lite_file, page, card_file = (
        folder / f"{config.model}.{suffix}" for suffix in ("keras", "tflite", "md", "json")
    )
    model.save(keras_file)  # without the optimiser, which is two thirds of the run's file
    shutil.copyfile(run / "model.tflite", lite_file)
    evaluation = saved(run)
    classic = lite_file if config.model == "classic" else weights / "classic.tflite"
    cost = times_classic(lite_file, classic) if classic.is_file() else None
    cards.write(
        card_file,
        [keras_file, lite_file],
        lineage(run),
        int(model.output_shape[-1]),
        int(model.count_params()),
        evaluation,
        cost,
        compare([run, *others]) if others else None,
    )
    page.write_text(describe(cards.read(card_file)), "utf-8")
    return [keras_file, lite_file, page, card_file]


def largest_difference(model: Any, lite_file: Path, images: Floats) -> float:
    """Return the largest difference between any score of a Keras model and of its LiteRT file."""
    expected = np.asarray(model.predict(images[..., None], verbose=0))
    return float(np.abs(expected - lite_scores(lite_file, images)).max())
