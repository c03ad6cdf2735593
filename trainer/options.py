"""Options: what the trainer's command line takes."""

import argparse
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line; its `command` is a sub-command's name."""
    made = argparse.ArgumentParser(
        prog="python -m trainer", description="Train, combine, evaluate and export Live Digits' models."
    )
    commands = made.add_subparsers(required=True, dest="command", metavar="COMMAND")
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
    train.add_argument("--model", help="which model (default: classic)")
    train.add_argument("--seed", type=int, help="seed of everything random (default: 1)")
    train.add_argument(
        "--data-seed", type=int, help="seed of the images made and held out, if another (default: --seed)"
    )
    train.add_argument("--epochs", type=int, help="times through the data (default: 26)")
    train.add_argument(
        "--repeats", type=int, help="times that images are seen before others are made (default: 1)"
    )
    train.add_argument(
        "--precision",
        help="of what is computed: float32 (the default), or bfloat16, where the processor has it",
    )
    train.add_argument(
        "--held-out",
        type=int,
        metavar="N",
        help="MNIST's training images to choose with instead of learning from (default: 5000)",
    )
    train.add_argument("--run", type=Path, help="run folder, a new one (default: runs/MODEL-SEED)")
    train.add_argument(
        "--start",
        type=Path,
        metavar="RUN",
        help="run folder of the weights to start from; what it has learnt can't be held out",
    )
    train.add_argument(
        "--teacher", type=Path, metavar="RUN", help="run folder, or .keras file, of a model to learn from"
    )
    train.add_argument(
        "--mnist-teacher",
        type=Path,
        metavar="RUN",
        help="the same, of a model that teaches MNIST's images in its place",
    )
    train.add_argument(
        "--temperature",
        type=float,
        help="of 1 to 100, to soften what a teacher answers (default: 1, not at all)",
    )
    train.add_argument(
        "--answers",
        type=Path,
        metavar="DIR",
        help="keep the teachers' answers here, for runs that see the same images (4 MB an epoch)",
    )
    train.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="repeat a run from its config.json, or from a model's card",
    )

    combine = commands.add_parser("combine", parents=[data], help="make one model of several trained runs")
    combine.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="run folders")
    combine.add_argument(
        "--scans",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="run folders of models that learnt MNIST alone, to be heard about scans alone; needs --unipen",
    )
    combine.add_argument("--model", default="large", help="its name (default: %(default)s)")
    combine.add_argument(
        "--run",
        type=Path,
        default=Path("runs/large"),
        help="its run folder, a new one (default: %(default)s)",
    )

    evaluate = commands.add_parser("evaluate", parents=[data], help="measure a trained model on test data")
    evaluate.add_argument("model", type=Path, help="run folder, or a card such as weights/compact.json")
    evaluate.add_argument(
        "--report", action="store_true", help="write figures and a page into the run folder"
    )
    evaluate.add_argument(
        "--weights",
        type=Path,
        default=Path("weights"),
        help="models to compare cost with (default: %(default)s)",
    )

    export = commands.add_parser(
        "export", parents=[data], help="export an evaluated run to what the server loads"
    )
    export.add_argument("run", type=Path, help="run folder")
    export.add_argument(
        "--weights", type=Path, default=Path("weights"), help="to this folder (default: %(default)s)"
    )
    export.add_argument(
        "--seeds",
        type=Path,
        nargs="+",
        default=[],
        metavar="RUN",
        help="evaluated runs of other seeds, for the card to give mean and spread",
    )
    return made
