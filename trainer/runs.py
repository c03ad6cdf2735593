"""Run folders: what makes one, and what may be in it when.

config → **runs** → training, ensemble, evaluation. A run folder holds config.json (and start.json, that of
the run it starts from), history.json (a record an epoch), model.keras, and what is measured of that:
model.tflite, evaluation.json and report/. All of it is of one run, so that an export says of its weights what
is true of them.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from trainer.config import Config, lineage
from trainer.errors import ModelError, TrainerError

_MEASURED = ("model.tflite", "evaluation.json")
_MADE = ("model.keras", *_MEASURED, "report")


def check_free(folder: Path, config: Config) -> None:
    """Raise ModelError unless the folder is there for this run, or for one just like it that left nothing."""
    if folder.exists() and not folder.is_dir():
        raise ModelError(f"Expected a folder for the run, got the file {folder}")
    held = [name for name in _MADE if (folder / name).exists()]
    saved = folder / "config.json"
    if not held and saved.is_file() and Config.load(saved) != config:
        held = ["config.json of another"]
    if held:
        raise ModelError(
            f"Expected a folder for the run that holds no other, got {folder} with {', '.join(held)}: "
            "name one with --run"
        )


def check_trained(folder: Path) -> None:
    """Raise ModelError unless the folder is a run's that has a model, trained or combined."""
    Config.load(folder / "config.json")
    if not (folder / "model.keras").is_file():
        raise ModelError(f"Expected model.keras in {folder}: run `python -m trainer train` first")


def are_finite(weights: Iterable[NDArray[np.floating]]) -> bool:
    """Say whether all weights of a model are numbers: after a training that went astray they are not."""
    return all(np.isfinite(each).all() for each in weights)


def check_start(start: Path, config: Config) -> None:
    """Raise TrainerError unless a run with that configuration can start from another's weights.

    It holds out nothing that the other, or a run before that, has learnt.
    """
    if not (start / "model.keras").is_file():
        raise TrainerError(f"Expected a trained model to start from in {start}, found none")
    if not config.held_out:
        return
    for before in Config.chain(start):
        # Fewer of the same data seed's are the first of those.
        seed = before.seed_of_data
        if config.seed_of_data != seed or config.held_out > before.held_out:
            raise TrainerError(
                f"Expected --held-out 0, or at most {before.held_out} with --data-seed {seed}, "
                f"of what {start} has not learnt, got {config.held_out} with {config.seed_of_data}"
            )


def begin(folder: Path, config: Config, start: Path | None = None) -> None:
    """Make the folder of a run that is about to be trained or combined.

    start: the run whose weights it starts from.
    Raises ModelError when `check_free` does.
    """
    check_free(folder, config)
    before = lineage(start) if start else None
    folder.mkdir(parents=True, exist_ok=True)
    config.save(folder / "config.json")
    for name in ("start.json", "history.json"):
        (folder / name).unlink(missing_ok=True)
    if before:
        write(folder / "start.json", before)


def save(folder: Path, model: Any, history: list[dict[str, Any]]) -> None:
    """Save a run's model with the records of its epochs; what was measured of the one before goes."""
    with whole(folder / "model.keras") as part:
        model.save(part)
        for name in _MEASURED:
            (folder / name).unlink(missing_ok=True)
    write(folder / "history.json", history)


def load(path: Path) -> Any:
    """Load the Keras model of a run folder, or of a .keras file; raises ModelError when there is none."""
    import keras

    file = path / "model.keras" if path.is_dir() else path
    try:
        return keras.models.load_model(file, compile=False)
    except (OSError, ValueError, TypeError, KeyError, BadZipFile) as error:
        raise ModelError(f"Expected a trained model in {file}: {error}") from error


def describe(folder: Path) -> str:
    """Say what a run that went no further left: "epoch 3", or "no model"."""
    history = folder / "history.json"
    if not (folder / "model.keras").is_file() or not history.is_file():
        return "no model"
    return f"epoch {len(json.loads(history.read_text('utf-8')))}"


def write(file: Path, contents: Any) -> None:
    """Write JSON, whole or not at all; raises ModelError when it has numbers that JSON has not."""
    try:
        text = json.dumps(contents, indent=2, allow_nan=False)
    except ValueError as error:
        raise ModelError(f"Expected finite numbers to write in {file}, got NaN or infinity") from error
    with whole(file) as part:
        part.write_text(text + "\n", "utf-8")


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """Give a path to write to; what is written takes the file's place once it is all there."""
    part = file.with_suffix(f".part{file.suffix}")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
