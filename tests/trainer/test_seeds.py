"""Seeds: mean and spread over runs that differ in their seed only."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.config import Config
from trainer.describe import describe
from trainer.errors import ModelError
from trainer.seeds import compare
from trainer.warp import Warp


def _run(folder: Path, seed: int, right: float, data: str = "hash", **changes: Any) -> Path:
    run = folder / f"{len(list(folder.iterdir()))}"
    run.mkdir()
    replace(Config("compact"), seed=seed, **changes).save(run / "config.json")
    metrics = {"mnist_test": {"accuracy": right, "n": 10_000}}
    (run / "evaluation.json").write_text(json.dumps({"metrics": metrics, "data": {"images": data}}))
    return run


def _start(run: Path, before: Config) -> Path:
    (run / "start.json").write_text(json.dumps(before.as_json()))
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
    }
    own = describe(card | {"seeds": compare([_run(tmp_path, 1, 0.996), _run(tmp_path, 2, 0.998)])})
    assert "| MNIST test, right | 99.70 % | 0.14 | 99.60, 99.80 |" in own
    assert "The same recipe with seeds 1, 2, each with images of its own:" in own
    same = [_run(tmp_path, seed, 0.9, data_seed=1) for seed in (1, 2)]
    assert "The same recipe with seeds 1, 2, of the same images:" in describe(card | {"seeds": compare(same)})


def test_runs_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    one, two = _run(tmp_path, 1, 0.9), _run(tmp_path, 2, 0.9)
    with pytest.raises(ModelError, match="different seeds"):
        compare([one, one])
    (two / "evaluation.json").unlink()
    with pytest.raises(ModelError, match="trainer evaluate"):
        compare([one, two])


@pytest.mark.parametrize(
    ("changes", "different"),
    [
        ({"model": "mlp"}, "model"),
        ({"epochs": 3, "rate": 0.1, "teacher": "large"}, "epochs, rate, teacher"),
        ({"warp": Warp(shift_px=9)}, "warp"),
    ],
)
def test_runs_of_other_recipes_are_refused(tmp_path: Path, changes: dict[str, Any], different: str) -> None:
    one, other = _run(tmp_path, 1, 0.9), _run(tmp_path, 9, 0.8, **changes)
    with pytest.raises(ModelError, match=f"of one recipe, got other {different} in {other}"):
        compare([one, other])


def test_runs_measured_on_other_data_are_refused(tmp_path: Path) -> None:
    one, other = _run(tmp_path, 1, 0.9), _run(tmp_path, 2, 0.9, data="another hash")
    with pytest.raises(ModelError, match=f"the same data, got other images in {other}"):
        compare([one, other])


def test_all_runs_see_the_same_images_or_each_its_own(tmp_path: Path) -> None:
    own = [_run(tmp_path, seed, 0.9) for seed in (1, 2, 3)]
    same = [_run(tmp_path, seed, 0.9, data_seed=1) for seed in (2, 3)]
    assert compare(own)["seeds"] == [1, 2, 3]
    assert compare([own[0], *same])["seeds"] == [1, 2, 3]
    with pytest.raises(ModelError, match=r"got \[1, 2, 1\]"):
        compare([own[0], own[1], same[1]])


def test_runs_that_start_from_others_are_of_one_recipe_if_those_are(tmp_path: Path) -> None:
    one, two, three = (
        _start(_run(tmp_path, seed, 0.9, start=f"compact-{seed}"), Config("compact", seed, epochs=epochs))
        for seed, epochs in ((1, 8), (2, 8), (3, 9))
    )
    assert compare([one, two])["seeds"] == [1, 2]
    with pytest.raises(ModelError, match="of one recipe, got other before"):
        compare([one, three])
