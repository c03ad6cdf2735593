"""Seeds: what a recipe's runs with several seeds have in common, and how far luck takes one.

evaluation → **seeds** → export. A single run's accuracy is partly luck; a card gives the mean and the spread
of all of them beside the run that is served.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from trainer.config import Config, lineage
from trainer.errors import ModelError

COMPARED = (
    ("mnist_test", "accuracy"),
    ("pens_validation", "accuracy"),
    ("pens_validation", "ece"),
    ("not_digits_unseen", "auroc"),
    ("not_digits_unseen", "digits_kept_at_95_rejected"),
)
"""Metrics' groups and names."""

_OF_A_RUN = ("seed", "data_seed", "start")
"""Of a configuration, what runs of one recipe may differ in."""


def compare(runs: Sequence[Path]) -> dict[str, Any]:
    """Compare evaluated runs that differ in their seed → seeds, and each metric's values, mean and spread.

    The spread is the standard deviation of a sample (n - 1); lists are in the order of the runs.
    Raises ModelError unless there are two runs or more, of different seeds, all evaluated on the same data,
    and trained alike: their configurations, and those of the runs that they start from, are equal but for the
    seeds, and either all saw the same images or each those of its own seed.
    """
    configs = [Config.load(run / "config.json") for run in runs]
    seeds, data_seeds = [config.seed for config in configs], [config.seed_of_data for config in configs]
    if len(runs) < 2 or len(set(seeds)) < len(runs):
        raise ModelError(f"Expected two runs or more of different seeds, got {seeds}")
    _check_alike(runs, [_recipe(lineage(run)) for run in runs], "of one recipe")
    if len(set(data_seeds)) > 1 and data_seeds != seeds:
        raise ModelError(f"Expected runs of one data seed, or each of its own seed's, got {data_seeds}")
    evaluations = [_evaluation(run) for run in runs]
    _check_alike(runs, [evaluation["data"] for evaluation in evaluations], "measured on the same data")
    measured = [evaluation["metrics"] for evaluation in evaluations]
    shared = [
        (group, name) for group, name in COMPARED if all(name in each.get(group, {}) for each in measured)
    ]
    return {"seeds": seeds, "data_seeds": data_seeds} | {
        f"{group}_{name}": _summary([each[group][name] for each in measured]) for group, name in shared
    }


def _check_alike(runs: Sequence[Path], described: Sequence[dict[str, Any]], alike: str) -> None:
    """Raise ModelError, naming a run and what is another there, unless all are described alike."""
    first = described[0]
    for run, other in zip(runs, described, strict=True):
        if names := sorted(key for key in first.keys() | other.keys() if first.get(key) != other.get(key)):
            raise ModelError(f"Expected runs {alike}, got other {', '.join(names)} in {run}")


def _recipe(training: dict[str, Any]) -> dict[str, Any]:
    """Leave out the seeds, and the name of the run started from: how that was trained is `before`."""
    before = {"before": _recipe(training["before"])} if "before" in training else {}
    return {key: value for key, value in training.items() if key not in _OF_A_RUN} | before


def _summary(values: list[float]) -> dict[str, Any]:
    return {"mean": fmean(values), "spread": stdev(values), "values": values}


def _evaluation(run: Path) -> dict[str, Any]:
    path = run / "evaluation.json"
    if not path.is_file():
        raise ModelError(f"Expected evaluation.json in {run}: run `python -m trainer evaluate` first")
    evaluation: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return evaluation
