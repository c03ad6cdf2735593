"""Configurations: what can't be trained with is refused as it is read, and not in the middle of a run."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.samples import ten_writers
from trainer.config import Config
from trainer.epochs import Epochs
from trainer.errors import TrainerError
from trainer.mnist import Images


def test_a_saved_configuration_is_read_back(tmp_path: Path) -> None:
    config = Config("mlp", seed=3, rate=0.5, averaging=0.0, members=("a", "b"))
    config.save(tmp_path / "config.json")
    assert Config.load(tmp_path / "config.json") == config


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rate", "x", "Expected a rate of at least 0, got 'x'"),
        ("rate", float("nan"), "Expected a rate of at least 0, got nan"),
        ("rate", -1, "Expected a rate of at least 0, got -1"),
        ("averaging", 1, "Expected averaging of at least 0 and below 1, got 1"),
        ("averaging", None, "Expected averaging of at least 0 and below 1, got None"),
        ("epochs", 0, "Expected epochs of 1 to"),
        ("batch", 1.5, "Expected batch of 1 to"),
        ("epochs", None, "Expected epochs of 1 to"),
        ("held_out", "5", "Expected held_out of 0 to 4294967295, got '5'"),
        ("held_out", 5.5, "Expected held_out of 0 to 4294967295, got 5.5"),
        ("held_out", -1, "Expected held_out of 0 to 4294967295, got -1"),
        ("precision", [], "Expected precision to be a name, got []"),
        ("model", ["a"], "Expected model to be a name, got ['a']"),
        ("teacher", None, "Expected teacher to be a name, got None"),
        ("members", [1], "Expected members to be names, got [1]"),
        ("scans", 1, "Expected a saved configuration in"),
        ("warp", [], "Expected a saved configuration in"),
    ],
)
def test_what_cannot_be_trained_with_is_refused(name: str, value: object, said: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**Config("mlp").as_json(), name: value}))
    with pytest.raises(TrainerError) as refused:
        Config.load(file)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("group", "name", "value", "said"),
    [
        ("warp", "rotation_deg", "12", "Expected warp.rotation_deg of 0 to 360, got '12'"),
        ("warp", "rotation_deg", float("nan"), "Expected warp.rotation_deg of 0 to 360, got nan"),
        ("warp", "stretch", float("inf"), "Expected warp.stretch of 0 to 20, got inf"),
        ("warp", "bend_px", -1, "Expected warp.bend_px of 0 to 20, got -1"),
        ("warp", "is_fitted", "no", "Expected warp.is_fitted to be true or false, got 'no'"),
        ("hand", "shear", None, "Expected hand.shear of 0 to 20, got None"),
        ("hand", "stroke_turn_deg", [], "Expected hand.stroke_turn_deg of 0 to 360, got []"),
        ("hand", "cut_from", 1.5, "Expected hand.cut_from of 0 to 1, got 1.5"),
        ("hand", "pixel_share", "0.3", "Expected hand.pixel_share of 0 to 1, got '0.3'"),
        ("hand", "colour", 1, "Expected a saved configuration in"),
    ],
)
def test_changes_that_cannot_be_made_are_refused(
    group: str, name: str, value: object, said: str, tmp_path: Path
) -> None:
    file, fields = tmp_path / "config.json", Config("mlp").as_json()
    file.write_text(json.dumps({**fields, group: {**fields[group], name: value}}))
    with pytest.raises(TrainerError) as refused:
        Config.load(file)
    assert said in str(refused.value)


@pytest.mark.parametrize("is_most", [False, True])
def test_changes_can_be_made_to_the_ends_of_their_ranges(is_most: bool, tmp_path: Path) -> None:
    most = {"deg": 360, "share": 1, "from": 1}
    file, fields = tmp_path / "config.json", Config("mlp", batch=1, images=4, pens=10, others=10).as_json()
    for group in ("warp", "hand"):
        fields[group] = {
            name: value if isinstance(value, bool) else is_most * most.get(name.rpartition("_")[2], 20)
            for name, value in fields[group].items()
        }
    file.write_text(json.dumps(fields))
    images = Images(np.random.default_rng(1).random((4, 28, 28), np.float32), np.arange(4))
    assert np.isfinite(Epochs(Config.load(file), images, ten_writers()).make(0).images).all()
