"""Seeds: what a recipe's runs with several seeds have in common, and how far luck takes one.

evaluation → **seeds** → export. A single run's accuracy is partly luck; a card gives the mean and the spread
of all of them beside the run that is served.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from trainer.config import Config
from trainer.errors import ModelError

COMPARED = (
    ("mnist_test", "accuracy"),
    ("pens_validation", "accuracy"),
    ("pens_validation", "ece"),
    ("not_digits_unseen", "auroc"),
    ("not_digits_unseen", "digits_kept_at_95_rejected"),
)
"""Metrics' groups and names."""


def compare(runs: Sequence[Path]) -> dict[str, Any]:
    """Compare evaluated runs that differ in their seed → seeds, and each metric's values, mean and spread.

    The spread is the standard deviation of a sample (n - 1); lists are in the order of the runs.
    Raises ModelError unless there are two runs or more, all evaluated, of one model and of different seeds.
    """
    configs = [Config.load(run / "config.json") for run in runs]
    if len(runs) < 2 or len({config.seed for config in configs}) < len(runs):
        raise ModelError(f"Expected two runs or more of different seeds, got {[c.seed for c in configs]}")
    if len(models := {config.model for config in configs}) > 1:
        raise ModelError(f"Expected runs of one model, got {', '.join(sorted(models))}")
    measured = [_metrics(run) for run in runs]
    shared = [
        (group, name) for group, name in COMPARED if all(name in each.get(group, {}) for each in measured)
    ]
    return {"seeds": [config.seed for config in configs]} | {
        f"{group}_{name}": _summary([each[group][name] for each in measured]) for group, name in shared
    }


def _summary(values: list[float]) -> dict[str, Any]:
    return {"mean": fmean(values), "spread": stdev(values), "values": values}


def _metrics(run: Path) -> dict[str, dict[str, float]]:
    path = run / "evaluation.json"
    if not path.is_file():
        raise ModelError(f"Expected evaluation.json in {run}: run `python -m trainer evaluate` first")
    metrics: dict[str, dict[str, float]] = json.loads(path.read_text("utf-8"))["metrics"]
    return metrics
