"""Configurations: what can't be trained with is refused as it is read, and not in the middle of a run."""

import json
from pathlib import Path

import pytest

from trainer.config import Config
from trainer.errors import TrainerError


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
    ],
)
def test_numbers_that_cannot_be_trained_with_are_refused(
    name: str, value: object, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**Config("mlp").as_json(), name: value}))
    with pytest.raises(TrainerError) as refused:
        Config.load(file)
    assert said in str(refused.value)
