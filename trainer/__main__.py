"""Command line: ``python -m trainer train | evaluate | export``.

Reads the arguments, reads the data, calls the step. The steps load Keras, which takes seconds, so they are
imported once the arguments have been found right.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from live.ink import render
from trainer import mnist, unipen
from trainer.config import Config
from trainer.errors import MissingDependencyError, TrainerError
from trainer.mnist import Images

COMPARED_IMAGES = 1_000
"""Test images on which an export's two files are compared."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status, 1 with one line on stderr when it could not be done."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        _require_keras()
        options.command(options)
    except TrainerError as error:
        print(f"trainer: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainer", description="Train, evaluate and export Live Digits' models."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        "--mnist",
        type=Path,
        metavar="DIR",
        help="folder with MNIST's four IDX files (default: Keras downloads them)",
    )
    data.add_argument(
        "--unipen", type=Path, metavar="PATH", help="UNIPEN distribution: a folder or a .tar.gz"
    )

    train = commands.add_parser("train", parents=[data], help="train a model into a run folder")
    train.add_argument("--model", default="classic", help="which model (default: %(default)s)")
    train.add_argument("--seed", type=int, default=1, help="seed of everything random (default: %(default)s)")
    train.add_argument("--epochs", type=int, default=14, help="times through the data (default: %(default)s)")
    train.add_argument("--run", type=Path, help="run folder (default: runs/MODEL-SEED)")
    train.set_defaults(command=_train)

    evaluate = commands.add_parser("evaluate", parents=[data], help="measure a trained model on test data")
    evaluate.add_argument("run", type=Path, help="run folder, or a .keras file")
    evaluate.set_defaults(command=_evaluate)

    export = commands.add_parser(
        "export", parents=[data], help="export an evaluated run to what the server loads"
    )
    export.add_argument("run", type=Path, help="run folder")
    export.add_argument(
        "--weights", type=Path, default=Path("weights"), help="to this folder (default: %(default)s)"
    )
    export.set_defaults(command=_export)
    return parser


def _train(options: argparse.Namespace) -> None:
    from trainer import training
    from trainer.datasets import split_images
    from trainer.epochs import Epochs

    config = Config(options.model, options.seed, options.epochs)
    images = mnist.read(options.mnist).train
    training_images, validation = split_images(images, config.seed)
    run = options.run or Path("runs") / f"{config.model}-{config.seed}"
    epochs = Epochs(training_images, config.warp, config.seed)
    training.train(config, epochs, {"mnist_validation": validation}, run, log=_say)
    _say(f"saved in {run}")


def _evaluate(options: argparse.Namespace) -> None:
    from trainer import evaluation

    model = evaluation.load(options.run)
    sets = {"mnist_test": mnist.read(options.mnist).test}
    if options.unipen:
        sets["unipen_digits"] = _pen_digits(options.unipen)
    metrics = evaluation.evaluate(model, sets)
    for name, metric in metrics.items():
        _say(f"{name}: " + ", ".join(f"{key} {value:.6g}" for key, value in metric.items()))
    if options.run.is_dir():
        evaluation.save(options.run, metrics, mnist.SHA256, options.unipen)


def _export(options: argparse.Namespace) -> None:
    from trainer.export import export

    card = export(options.run, options.weights, mnist.read(options.mnist).test.images[:COMPARED_IMAGES])
    _say(f"wrote {card}")


def _pen_digits(path: Path) -> Images:
    """Render every digit of UNIPEN's training donors."""
    samples = [sample for sample in unipen.read(path).samples if sample.donor in unipen.TRAINING_DONORS]
    return Images(
        render([sample.ink for sample in samples]), np.array([int(sample.label) for sample in samples])
    )


def _require_keras() -> None:
    """Raise MissingDependencyError unless Keras and TensorFlow can be imported."""
    from importlib.util import find_spec

    missing = [name for name in ("keras", "tensorflow") if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(f"Expected {' and '.join(missing)}: pip install 'live-digits[train]'")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
