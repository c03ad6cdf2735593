"""Cards: what is written is what a loader can check."""

from pathlib import Path

import pytest

from trainer import cards
from trainer.errors import ModelError

EVALUATION = {"data": {}, "metrics": {"mnist_test": {"accuracy": 0.5, "n": 2}}, "calibration": {}}


def _write(folder: Path) -> Path:
    file = folder / "classic.tflite"
    file.write_bytes(b"weights")
    cards.write(folder / "classic.json", [file], {"model": "classic", "seed": 3}, 10, 7, EVALUATION)
    return folder / "classic.json"


def test_a_card_says_what_was_trained_and_measured(tmp_path: Path) -> None:
    card = cards.read(_write(tmp_path))
    assert (card["name"], card["seed"], card["outputs"], card["parameters"]) == ("classic", 3, 10, 7)
    assert card["files"]["classic.tflite"]["bytes"] == 7
    assert card["metrics"] == EVALUATION["metrics"]


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path)
    (tmp_path / "classic.tflite").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="another file"):
        cards.read(path)


def test_another_normalisation_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path)
    path.write_text(path.read_text().replace('"normalisation": 1', '"normalisation": 0'))
    with pytest.raises(ModelError, match="normalisation"):
        cards.read(path)


def test_a_missing_file_or_card_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path)
    (tmp_path / "classic.tflite").unlink()
    with pytest.raises(ModelError, match=r"classic\.tflite"):
        cards.read(path)
    with pytest.raises(ModelError, match="card"):
        cards.read(tmp_path / "nothing.json")
