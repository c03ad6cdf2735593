"""Command line: ``python -m trainer train | combine | evaluate | export``.

Reads the arguments, reads the data, calls the step. The steps load Keras, which takes seconds, so they are
imported once the arguments have been found right.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer import cards, mnist, runs
from trainer.calibration import Calibration
from trainer.config import Config
from trainer.datasets import Pens
from trainer.errors import DataError, MissingDependencyError, StoppedError, TrainerError
from trainer.evaluation import Data, Score
from trainer.options import parser

COMPARED_IMAGES = 1_000
"""Test images on which an export's two files are compared."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status, with one line on stderr when it could not be done."""
    options = parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        _require_keras()
        _COMMANDS[options.command](options)
    except TrainerError as error:
        print(f"trainer: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"trainer: Expected to read and write files: {error}", file=sys.stderr)
        return TrainerError.exit_status
    except KeyboardInterrupt:
        print("trainer: stopped", file=sys.stderr)
        return StoppedError.exit_status
    return 0


def _train(options: argparse.Namespace) -> None:
    config = _config(options)
    run = options.run or Path("runs") / f"{config.model}-{config.seed}"
    runs.check_free(run, config)
    if options.start:
        runs.check_start(options.start, config)

    from trainer import models, training
    from trainer.datasets import digit_images, split_images
    from trainer.epochs import Epochs
    from trainer.teaching import Teacher

    models.check(config.model, config.precision)
    teacher = None
    if options.teacher:
        for_mnist = runs.load(options.mnist_teacher) if options.mnist_teacher else None
        teacher = Teacher(runs.load(options.teacher), options.answers, for_mnist)
    training_images, validation_images = split_images(mnist.read(options.mnist).train, config)
    pens = _read_pens(options.unipen) if options.unipen else None
    validation = {"mnist_validation": validation_images} if config.held_out else {}
    if pens:
        validation["pens_validation"] = digit_images(pens.validation)
    epochs = Epochs(config, training_images, pens)
    try:
        training.train(config, epochs, validation, run, _say, start=options.start, teacher=teacher)
    except KeyboardInterrupt as error:
        raise StoppedError(f"stopped; {run} holds {runs.describe(run)}") from error
    _say(f"saved in {run}")


def _config(options: argparse.Namespace) -> Config:
    """Return the configuration that the command line asks for: its own, or a saved one with changes."""
    names: dict[str, Any] = {
        key: _name(run) if (run := getattr(options, key)) else ""
        for key in ("start", "teacher", "mnist_teacher")
    }
    if options.mnist_teacher and not options.teacher:
        raise TrainerError("Expected --teacher too when there is a --mnist-teacher")
    asked = {
        key: getattr(options, key)
        for key in ("model", "seed", "data_seed", "epochs", "repeats", "precision", "held_out", "temperature")
    }
    changes: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    if not options.config:
        return replace(Config("classic"), **names, **changes)
    config = replace(Config.load(options.config), **changes)
    if config.members:
        raise TrainerError(f"Expected a run that was trained, got one put together, in {options.config}")
    for key, name in names.items():
        if bool(getattr(config, key)) != bool(name):
            option = f"--{key.replace('_', '-')}"
            raise TrainerError(
                f"Expected {option} just when {options.config} has one: {getattr(config, key)!r}"
            )
    return replace(config, **names)


def _name(run: Path) -> str:
    """Name a run by its folder, or by its .keras file; a folder may have a dot in its name."""
    return run.stem if run.suffix == ".keras" else run.name


def _combine(options: argparse.Namespace) -> None:
    for run in (*options.runs, *options.scans):
        runs.check_trained(run)
    if options.scans and not options.unipen:
        raise TrainerError(
            "Expected --unipen too when there are --scans: what tells them from ink learns both"
        )

    from trainer.datasets import split_images
    from trainer.ensemble import Scans, combine
    from trainer.epochs import Epochs
    from trainer.gate import train_gate

    def gate(config: Config) -> Any:
        training = split_images(mnist.read(options.mnist).train, config)[0]
        return train_gate(config, Epochs(config, training, _read_pens(options.unipen)), _say)

    scans = Scans(options.scans, gate) if options.scans else None
    combine(options.runs, options.model, options.run, scans)
    _say(f"saved in {options.run}")


def _evaluate(options: argparse.Namespace) -> None:
    from trainer import evaluation
    from trainer.datasets import split_images

    if options.report and not (options.model.is_dir() and options.unipen):
        raise TrainerError("Expected a run folder and --unipen for a report")
    config = Config.load(options.model / "config.json" if options.model.is_dir() else options.model)
    if config.members:
        # What was held out of one member's training, another may have learnt.
        config = replace(config, held_out=0)
    score, calibration = evaluation.load(options.model)
    images = mnist.read(options.mnist)
    validation = split_images(images.train, config)[1]
    data = evaluation.Data(validation, images.test, _read_pens(options.unipen) if options.unipen else None)
    calibration = calibration or evaluation.calibrate(score, data)
    metrics = evaluation.evaluate(score, calibration, data)
    for name, values in metrics.items():
        _say(f"{name}: " + ", ".join(f"{key} {value:.6g}" for key, value in values.items()))
    if options.model.is_dir():
        evaluation.save(options.model, metrics, calibration, mnist.SHA256, options.unipen)
    if options.report:
        _report(options, score, calibration, data)


def _report(options: argparse.Namespace, score: Score, calibration: Calibration, data: Data) -> None:
    from trainer import report
    from trainer.datasets import digit_images
    from trainer.prefixes import read_steps
    from trainer.strokes import Strokes

    assert data.pens
    strokes = Strokes.from_inks([sample.ink for sample in data.pens.validation])
    others = [cards.read(path) for path in sorted(options.weights.glob("*.json"))]
    pens = digit_images(data.pens.validation)
    answers = read_steps(strokes, score)
    page = report.write(options.model, score, calibration, pens, data.mnist_test, answers, others)
    _say(f"wrote {page}")


def _export(options: argparse.Namespace) -> None:
    from trainer.export import check, export

    check(options.run, options.seeds)
    images = mnist.read(options.mnist).test.images[:COMPARED_IMAGES]
    card = export(options.run, options.weights, images, options.seeds)
    _say(f"wrote {card}")


def _read_pens(path: Path) -> Pens:
    """Read UNIPEN; raises DataError unless there is some of all that is learnt from and chosen with."""
    from trainer.datasets import read_pens

    pens = read_pens(path)
    for name in ("training", "validation", "training_others", "validation_others", "unseen"):
        if not getattr(pens, name):
            raise DataError(
                f"Expected UNIPEN of enough writers to learn from some and choose with others, "
                f"got none for {name} in {path}"
            )
    return pens


def _require_keras() -> None:
    """Raise MissingDependencyError unless Keras and TensorFlow can be imported."""
    from importlib.util import find_spec

    missing = [name for name in ("keras", "tensorflow") if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(f"Expected {' and '.join(missing)}: pip install 'live-digits[train]'")


def _say(line: str) -> None:
    print(line, flush=True)


_COMMANDS = {"train": _train, "combine": _combine, "evaluate": _evaluate, "export": _export}

if __name__ == "__main__":
    sys.exit(main())
