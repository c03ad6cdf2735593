"""Recognisers: the two engines agree, and weights that don't fit are refused with a reason."""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from live import ink, recogniser
from live.errors import StartError
from live.settings import WEIGHTS
from tests.live.drawings import DRAWINGS

NAMES = sorted(path.stem for path in WEIGHTS.glob("*.json"))


def images(count: int) -> ink.Images:
    """Make images that look like ink: drawings, turned and mixed."""
    digits = ink.render([ink.from_strokes(strokes) for strokes in DRAWINGS.values()])
    rng = np.random.default_rng(0)
    first, second = digits[rng.integers(10, size=(2, count))]
    is_mixed = rng.random((count, 1, 1)) < 0.5
    made: ink.Images = np.where(is_mixed, np.maximum(first, second) * rng.random((count, 1, 1)), first)
    return made.astype(np.float32)


def load(name: str, engine: str = "litert", folder: Path = WEIGHTS) -> recogniser.Recogniser:
    [card] = [card for card in recogniser.find_cards(folder) if card.name == name]
    return recogniser.load(card, folder, engine)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of one model and its card, to be spoilt."""
    for path in WEIGHTS.glob("classic.*"):
        shutil.copy(path, tmp_path)
    return tmp_path


def spoil(folder: Path, **changes: Any) -> None:
    card = json.loads((folder / "classic.json").read_text())
    (folder / "classic.json").write_text(json.dumps({**card, **changes}))


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_weights_read_plain_digits(name: str) -> None:
    drawings = [ink.from_strokes(strokes) for strokes in DRAWINGS.values()]
    np.testing.assert_array_equal(load(name).scores(ink.render(drawings)).argmax(axis=1), np.arange(10))


@pytest.mark.tensorflow
def test_keras_stands_in_where_there_is_no_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("keras", exc_type=ImportError)
    expected = load("mlp", "keras").scores(images(8))
    monkeypatch.setattr("live.recogniser.find_spec", lambda name: None if "litert" in name else name)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    np.testing.assert_array_equal(load("mlp").scores(images(8)), expected)


def test_who_has_neither_engine_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.recogniser.find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(StartError, match=r"pip install 'live-digits\[train\]'"):
        load("mlp")


@pytest.mark.parametrize("count", [1, 3, 8, 31, 32, 33, 100])
def test_an_image_has_the_same_scores_in_any_batch(count: int) -> None:
    model = load("classic")
    batch = images(count)
    together = model.scores(batch)
    assert together.shape == (count, 11)
    alone = np.concatenate([model.scores(image[None]) for image in batch])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", NAMES)
def test_the_engines_agree_on_a_thousand_images(name: str) -> None:
    pytest.importorskip("tensorflow")
    batch = images(1000)
    exact, served = load(name, "keras").scores(batch), load(name).scores(batch)
    difference = np.abs(exact - served)
    assert difference.max() < 0.2
    assert difference.mean() < 1e-3
    is_sure = exact.max(axis=1) > 0.55
    np.testing.assert_array_equal(exact[is_sure].argmax(axis=1), served[is_sure].argmax(axis=1))


def test_weights_that_are_not_those_of_the_card_are_refused(weights: Path) -> None:
    with (weights / "classic.tflite").open("ab") as file:
        file.write(b"x")
    found = hashlib.sha256((weights / "classic.tflite").read_bytes()).hexdigest()
    with pytest.raises(StartError, match=f"as its card says, got {found}"):
        load("classic", folder=weights)


def test_weights_for_another_normalisation_are_refused(weights: Path) -> None:
    spoil(weights, normalisation=0)
    with pytest.raises(StartError, match=f"for normalisation {ink.NORMALISATION}, got 0: train them again"):
        load("classic", folder=weights)


def test_a_card_of_more_outputs_than_are_understood_is_refused(weights: Path) -> None:
    spoil(weights, outputs=12)
    with pytest.raises(StartError, match="Expected 10 or 11 outputs on the card of classic, got 12"):
        load("classic", folder=weights)


def test_weights_may_be_in_a_folder_of_their_own(weights: Path) -> None:
    (weights / "files").mkdir()
    (weights / "classic.tflite").rename(weights / "files" / "classic.tflite")
    spoil(weights, files={"files/classic.tflite": {"sha256": "0"}})
    with pytest.raises(StartError, match="with SHA-256 0, as its card says, got "):
        load("classic", folder=weights)
    spoil(weights, files={"files/classic.tflite": {"sha256": ""}})
    assert load("classic", folder=weights).scores(images(1)).shape == (1, 11)


def test_missing_weights_are_named(weights: Path) -> None:
    (weights / "classic.tflite").unlink()
    with pytest.raises(StartError, match=r"Expected weights at .*classic\.tflite"):
        load("classic", folder=weights)


def test_weights_that_can_not_be_read_are_named(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_bytes(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    [card] = recogniser.find_cards(weights)
    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with pytest.raises(StartError, match=r"Expected weights at .*classic\.tflite, but: permission denied"):
        recogniser.load(card, weights, "litert")


def test_a_damaged_card_is_named(weights: Path) -> None:
    (weights / "classic.json").write_text('{"name": 3}')
    with pytest.raises(StartError, match=r"Expected a model card in .*classic\.json, but: "):
        recogniser.find_cards(weights)


def test_a_card_that_can_not_be_read_is_named(weights: Path) -> None:
    (weights / "mine.json").mkdir()
    with pytest.raises(StartError, match=r"Expected a model card in .*mine\.json, but: is a directory"):
        recogniser.find_cards(weights)


def test_two_cards_of_one_name_are_refused_and_both_named(weights: Path) -> None:
    shutil.copy(weights / "classic.json", weights / "other.json")
    with pytest.raises(StartError, match=r"got classic in .*classic\.json and in .*other\.json"):
        recogniser.find_cards(weights)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="Expected a folder with cards"):
        recogniser.find_cards(tmp_path)


def test_a_missing_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"Expected a Keras model at .*mine\.keras, found none"):
        recogniser.find_cards(tmp_path / "mine.keras")


def load_own(path: Path) -> recogniser.Recogniser:
    [card] = recogniser.find_cards(path)
    return recogniser.load(card, path.parent, "litert")


def save_model(path: Path, shape: tuple[int, ...], outputs: int, activation: str | None = "softmax") -> None:
    keras = pytest.importorskip("keras")
    scores = keras.layers.Dense(outputs, activation=activation)
    layers = [keras.Input(shape), keras.layers.Flatten(), scores]
    keras.Sequential(layers).save(path)


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("name", ["mine.keras", "mnist_cnn_model.h5"])
def test_a_users_own_keras_model_is_served(tmp_path: Path, name: str) -> None:
    save_model(tmp_path / name, (28, 28, 1), 10)
    own = load_own(tmp_path / name)
    assert own.card.name == Path(name).stem
    scores = own.scores(images(5))
    assert scores.shape == (5, 10)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("shape", "outputs", "activation", "reason"),
    [
        (
            (32, 32, 3),
            10,
            "softmax",
            r"Expected a model from \(None, 28, 28, 1\) to \(None, 10\), got \(None, 32",
        ),
        ((28, 28, 1), 26, "softmax", r"got \(None, 28, 28, 1\) to \(None, 26\)"),
        ((28, 28, 1), 10, "relu", "to end in a softmax"),
    ],
)
def test_a_model_of_another_kind_is_refused(
    tmp_path: Path, shape: tuple[int, ...], outputs: int, activation: str, reason: str
) -> None:
    save_model(tmp_path / "mine.keras", shape, outputs, activation)
    with pytest.raises(StartError, match=reason):
        load_own(tmp_path / "mine.keras")


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["mine.keras", "mine.h5"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, name: str) -> None:
    pytest.importorskip("keras")
    (tmp_path / name).write_bytes(b"not a model")
    with pytest.raises(StartError, match=r"Expected a Keras model in .*mine\.(keras|h5), but: "):
        load_own(tmp_path / name)
