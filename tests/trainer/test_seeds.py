"""Seeds: mean and spread over runs that differ in their seed only."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.config import Config
from trainer.describe import describe
from trainer.errors import ModelError
from trainer.seeds import compare


def _run(folder: Path, seed: int, right: float, model: str = "compact") -> Path:
    run = folder / f"{model}-{seed}"
    run.mkdir()
    replace(Config(model), seed=seed).save(run / "config.json")
    metrics = {"mnist_test": {"accuracy": right, "n": 10_000}}
    (run / "evaluation.json").write_text(json.dumps({"metrics": metrics}))
    return run


def test_mean_and_spread_of_what_all_measured(tmp_path: Path) -> None:
    seeds = compare([_run(tmp_path, 1, 0.996), _run(tmp_path, 2, 0.998), _run(tmp_path, 3, 0.997)])
    assert seeds["seeds"] == [1, 2, 3]
    assert seeds["mnist_test_accuracy"]["mean"] == pytest.approx(0.997)
    assert seeds["mnist_test_accuracy"]["spread"] == pytest.approx(0.001)
    assert "pens_validation_accuracy" not in seeds


def test_a_card_tells_them(tmp_path: Path) -> None:
    card = {
        "name": "compact",
        "summary": "The default.",
        "parameters": 1,
        "seed": 1,
        "outputs": 11,
        "training": {"epochs": 7, "members": [], "teacher": ""},
        "metrics": {},
        "seeds": compare([_run(tmp_path, 1, 0.996), _run(tmp_path, 2, 0.998)]),
    }
    assert "| MNIST test, right | 99.70 % | 0.14 | 99.60, 99.80 |" in describe(card)


def test_runs_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    one, two, other = _run(tmp_path, 1, 0.9), _run(tmp_path, 2, 0.9), _run(tmp_path, 3, 0.9, "mlp")
    with pytest.raises(ModelError, match="different seeds"):
        compare([one, one])
    with pytest.raises(ModelError, match="one model"):
        compare([one, other])
    (two / "evaluation.json").unlink()
    with pytest.raises(ModelError, match="trainer evaluate"):
        compare([one, two])
