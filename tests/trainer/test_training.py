"""From data to weights on small data: train, evaluate, report, export."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.samples import CONFIG, USES_TENSORFLOW, ten_writers
from trainer import cards, mnist, runs
from trainer.calibration import Calibration
from trainer.config import Config
from trainer.datasets import digit_images, disputed
from trainer.epochs import Epochs
from trainer.errors import DataError, MissingDependencyError, ModelError, TrainerError
from trainer.lite import lite_scores

pytestmark = USES_TENSORFLOW


def test_a_run_keeps_what_repeats_it(run: Path) -> None:
    assert Config.load(run / "config.json") == CONFIG
    history = json.loads((run / "history.json").read_text())
    assert [record["epoch"] for record in history] == [1, 2]


def test_the_same_seed_trains_the_same(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import training

    training.train(CONFIG, Epochs(CONFIG, images.train, ten_writers()), {}, tmp_path, lambda line: None)
    models = [runs.load(folder) for folder in (run, tmp_path)]
    scores = [model.predict(images.test.images[..., None], verbose=0) for model in models]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-6)


def test_a_loss_that_is_not_finite_stops_the_training(images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import training

    config, run = replace(CONFIG, rate=1e20), tmp_path / "run"
    with pytest.raises(TrainerError, match=r"got a loss of nan in epoch 1: .*run holds no model"):
        training.train(config, Epochs(config, images.train, None), {}, run, lambda line: None)
    assert [path.name for path in run.iterdir()] == ["config.json"]


@pytest.mark.parametrize(("loss", "weight"), [(np.nan, 1.0), (np.inf, 1.0), (0.2, np.nan)])
def test_the_last_epoch_that_learnt_something_is_kept(loss: float, weight: float, tmp_path: Path) -> None:
    from trainer import training

    class Weights:
        weights = np.ones(1)

        def get_weights(self) -> list[np.ndarray]:
            return [self.weights]

        def set_weights(self, weights: list[np.ndarray]) -> None:
            (self.weights,) = weights

        def save(self, path: Path) -> None:
            np.savetxt(path, self.weights)

    model, run = Weights(), tmp_path / "run"
    runs.begin(run, CONFIG)
    report = training._reporter(CONFIG, model, Weights(), {}, run, lambda line: None)
    report(0, {"loss": 0.3})
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    model.weights = np.full(1, weight)
    with pytest.raises(TrainerError, match=rf"got a loss of {loss} in epoch 2: .*run holds epoch 1"):
        report(1, {"loss": loss})
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_model_without_finite_weights_is_not_evaluated(run: Path, tmp_path: Path) -> None:
    from trainer import evaluation

    model = runs.load(run)
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ModelError, match=r"Expected finite weights in .*, got NaN or infinity"):
        evaluation.load(tmp_path)
    assert not (tmp_path / "model.tflite").exists()


def test_all_epochs_but_the_last_say_how_long_the_rest_takes(images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import training

    said: list[str] = []
    training.train(CONFIG, Epochs(CONFIG, images.train, None), {}, tmp_path, said.append)
    first, last = (re.sub(r"\d\.\d+", "N", line) for line in said)
    assert re.fullmatch(r"epoch 1/2  loss N  \d+ (s|min) left", first)
    assert last == "epoch 2/2  loss N"


def test_the_averaged_weights_are_saved_and_training_goes_on_without_them(
    images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import training

    def trained(averaging: float) -> tuple[list[float], np.ndarray]:
        config, folder = replace(CONFIG, averaging=averaging), tmp_path / str(averaging)
        model = training.train(config, Epochs(config, images.train, None), {}, folder, lambda line: None)
        losses = [record["loss"] for record in json.loads((folder / "history.json").read_text())]
        return losses, np.concatenate([weights.ravel() for weights in model.get_weights()])

    (losses, last), (losses_again, averaged) = trained(0.0), trained(0.9)
    assert losses == pytest.approx(losses_again)
    assert np.abs(last - averaged).max() > 1e-4


def test_a_run_starts_from_the_weights_of_another(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import training

    config = replace(CONFIG, seed=9, epochs=1, rate=0.0, start=run.name)
    epochs = Epochs(config, images.train, ten_writers())
    model = training.train(config, epochs, {}, tmp_path, lambda line: None, start=run)
    before = runs.load(run)
    for own, inherited in zip(model.trainable_weights, before.trainable_weights, strict=True):
        np.testing.assert_allclose(own.numpy(), inherited.numpy(), atol=1e-6)
    assert Config.load(tmp_path / "start.json") == CONFIG


def test_an_evaluation_measures_everything_with_its_n(run: Path) -> None:
    evaluation = json.loads((run / "evaluation.json").read_text())
    assert evaluation["metrics"].keys() >= {
        "mnist_test",
        "pens_validation",
        "regional_forms",
        "not_digits_unseen",
        "while_drawing",
    }
    assert all(values["n"] > 0 for values in evaluation["metrics"].values())


def test_scores_are_told_with_and_without_disputed_labels() -> None:
    from trainer import evaluation

    doubtful = [number for number in disputed() if number < 1_000]
    images = np.zeros((1_000, 28, 28), np.float32)
    images[doubtful] = 1

    def score(read: np.ndarray) -> np.ndarray:
        return np.eye(10)[np.where(read[:, 0, 0] > 0, 8, 3)] * 0.9 + 0.01

    test = mnist.Images(images, np.full(1_000, 3))
    measured = evaluation.evaluate(score, Calibration(), evaluation.Data(test, test, None))
    assert len(doubtful) >= 2
    assert measured["mnist_test"]["accuracy"] == 1 - len(doubtful) / 1_000
    assert measured["mnist_test_without_disputed"]["accuracy"] == 1
    assert measured["mnist_test_without_disputed"]["n"] == 1_000 - len(doubtful)


def test_a_model_that_learnt_from_all_images_is_measured_on_others(run: Path, images: mnist.Mnist) -> None:
    from trainer import evaluation

    score, _ = evaluation.load(run)
    nothing, pens = mnist.Images(images.test.images[:0], images.test.labels[:0]), ten_writers()
    data = evaluation.Data(nothing, images.test, pens)
    measured = evaluation.evaluate(score, evaluation.calibrate(score, data), data)
    assert "mnist_validation" not in measured
    assert measured["pens_validation"]["n"] == len(pens.validation)
    with pytest.raises(DataError, match="Expected --unipen"):
        evaluation.calibrate(score, data._replace(pens=None))


def test_thresholds_are_chosen_on_pens_by_who_learnt_them(run: Path, images: mnist.Mnist) -> None:
    from trainer import evaluation

    score, _ = evaluation.load(run)
    data = evaluation.Data(images.test, images.test, None)
    with pytest.raises(DataError, match=r"Expected --unipen .* the model also tells what is not a digit"):
        evaluation.calibrate(score, data)


def test_an_export_is_one_model_in_two_files_with_a_card(
    run: Path, images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import evaluation
    from trainer.export import export

    card = cards.read(export(run, tmp_path, images.test.images))
    assert (card["name"], card["outputs"], card["seed"]) == ("mlp", 11, 3)
    assert card["calibration"]["temperature"] > 0
    lite, calibration = evaluation.load(tmp_path / "mlp.json")
    exact = runs.load(tmp_path / "mlp.keras").predict(images.test.images[..., None], verbose=0)
    np.testing.assert_allclose(lite(images.test.images), exact, atol=0.05)
    assert calibration is not None


def test_an_export_that_is_stopped_leaves_the_weights_as_they_were(
    run: Path, images: mnist.Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer import export

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    weights, other = tmp_path / "weights", shutil.copytree(run, tmp_path / "other")
    export.export(run, weights, images.test.images)
    (weights / "classic.tflite").touch()
    before = {path.name: path.read_bytes() for path in weights.iterdir()}
    (other / "model.tflite").write_bytes((run / "model.tflite").read_bytes() + bytes(1))
    monkeypatch.setattr(export, "times_classic", stop)
    with pytest.raises(KeyboardInterrupt):
        export.export(other, weights, images.test.images)
    assert {path.name: path.read_bytes() for path in weights.iterdir()} == before
    cards.read(weights / "mlp.json")


def test_an_unevaluated_run_is_not_exported(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer.export import export

    CONFIG.save(tmp_path / "config.json")
    for needed in ("model.keras", "model.tflite"):
        (tmp_path / needed).write_bytes((run / needed).read_bytes())
        with pytest.raises(ModelError, match="trainer evaluate"):
            export(tmp_path, tmp_path, images.test.images)


def test_a_cut_evaluation_is_not_exported(run: Path, tmp_path: Path) -> None:
    from trainer.export import check

    other = shutil.copytree(run, tmp_path / "other")
    (other / "evaluation.json").write_text((run / "evaluation.json").read_text()[:-20])
    for measured in ([other], [run, other]):
        with pytest.raises(ModelError, match=r"Expected an evaluation in .*other"):
            check(measured[0], measured[1:])


def test_what_measures_and_is_not_installed_is_named(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingDependencyError, match="pip install ai-edge-litert"):
        lite_scores(run / "model.tflite", np.zeros((1, 28, 28), np.float32))


def test_a_run_of_a_model_that_is_not_served_is_not_exported(tmp_path: Path) -> None:
    from trainer.export import check

    replace(CONFIG, model="wide").save(tmp_path / "config.json")
    for needed in ("model.keras", "model.tflite", "evaluation.json"):
        (tmp_path / needed).touch()
    with pytest.raises(ModelError, match=r"Expected a run of mlp, .*, got one of wide"):
        check(tmp_path)


def test_a_report_shows_every_figure(run: Path, images: mnist.Mnist) -> None:
    from trainer import evaluation, report

    score, _ = evaluation.load(run)
    pens = digit_images(ten_writers().validation)
    answers = np.tile(pens.labels[:, None], 20)
    page = report.write(run, score, Calibration(), pens, images.test, answers, [])
    text = page.read_text("utf-8")
    for name in ("learning", "confusion", "reliability", "errors", "mnist_errors", "drawing"):
        assert f"{name}.png" in text
        assert (page.parent / f"{name}.png").stat().st_size > 1_000
