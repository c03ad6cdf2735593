"""From data to weights on small data: train, evaluate, combine, report, export."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from live.ink import from_strokes, render
from tests.live.drawings import DRAWINGS
from tests.trainer.samples import write_mnist
from trainer import cards, mnist
from trainer.calibration import Calibration
from trainer.config import Config
from trainer.datasets import NONE, Pens, digit_images, disputed, split_pens
from trainer.epochs import Epoch, Epochs
from trainer.errors import DataError, ModelError
from trainer.unipen import Sample

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # TensorFlow's own, at import
    pytest.mark.filterwarnings("ignore:.*np.object:FutureWarning"),  # TensorFlow's own, at export
]

CONFIG = Config("mlp", seed=3, epochs=2, batch=16, images=32, pens=16, others=16)


def _pens() -> Pens:
    """Make UNIPEN of ten writers who write every digit, and two letters of which one is not to be seen."""
    digits = [
        Sample(str(digit), from_strokes(strokes), f"writer{writer}", f"1a/apa/{writer}.dat:{digit}")
        for writer in range(10)
        for digit, strokes in enumerate(DRAWINGS.values())
    ]
    cross = from_strokes([[(0, 0), (9, 9)], [(9, 0), (0, 9)]])
    letters = [
        Sample(letter, cross, f"writer{writer}", f"1c/apa/{writer}.dat:{letter}")
        for writer in range(10)
        for letter in "xe"
    ]
    return split_pens([*digits, *letters], ())


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> mnist.Mnist:
    folder = tmp_path_factory.mktemp("mnist")
    return mnist.read(folder, write_mnist(folder))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, images: mnist.Mnist) -> Path:
    from trainer import evaluation, training

    folder = tmp_path_factory.mktemp("runs") / "mlp-3"
    pens = _pens()
    epochs = Epochs(CONFIG, images.train, pens)
    training.train(CONFIG, epochs, {"mnist_validation": images.test}, folder, lambda line: None)
    score, _ = evaluation.load(folder)
    data = evaluation.Data(images.test, images.test, pens)
    calibration = evaluation.calibrate(score, data)
    evaluation.save(
        folder, evaluation.evaluate(score, calibration, data), calibration, {"file": "hash"}, None
    )
    return folder


def test_epochs_hold_what_the_configuration_says(images: mnist.Mnist) -> None:
    epochs = Epochs(CONFIG, images.train, _pens())
    epoch = epochs.make(0)
    assert len(epoch.labels) == epochs.size == 64
    assert (epoch.labels == NONE).sum() == 16
    assert epoch.from_mnist.sum() == 32
    assert NONE not in epoch.labels[epoch.from_mnist]
    assert (epoch.images.min(), epoch.images.max()) == (0, 1)


def test_an_epoch_is_the_same_every_time_and_unlike_the_next(images: mnist.Mnist) -> None:
    first, again, following = (Epochs(CONFIG, images.train, _pens()).make(k) for k in (0, 0, 1))
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, following.images)


def test_an_epoch_comes_again_in_another_order_before_the_next(images: mnist.Mnist) -> None:
    epochs = Epochs(replace(CONFIG, repeats=2), images.train, _pens())
    asked: list[int] = []

    def teach(epoch: Epoch) -> np.ndarray:
        asked.append(len(epoch.images))
        return epoch.labels * 2

    batches = [next(each) for each in [epochs.batches(16, teach)] for _ in range(9)]
    passes = [np.concatenate([targets for _, targets in batches[k : k + 4]]) for k in (0, 4)]
    np.testing.assert_array_equal(passes[0], epochs.make(0).labels * 2)
    assert not np.array_equal(passes[0], passes[1])
    np.testing.assert_array_equal(np.sort(passes[0]), np.sort(passes[1]))
    np.testing.assert_array_equal(batches[8][0][..., 0], epochs.make(1).images[:16])
    assert asked == [64, 64], "a teacher is asked once about each image"


def test_a_run_keeps_what_repeats_it(run: Path) -> None:
    assert Config.load(run / "config.json") == CONFIG
    history = json.loads((run / "history.json").read_text())
    assert [record["epoch"] for record in history] == [1, 2]


def test_the_same_seed_trains_the_same(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import evaluation, training

    training.train(CONFIG, Epochs(CONFIG, images.train, _pens()), {}, tmp_path, lambda line: None)
    models = [evaluation.load_model(folder) for folder in (run, tmp_path)]
    scores = [model.predict(images.test.images[..., None], verbose=0) for model in models]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-6)


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
    nothing, pens = mnist.Images(images.test.images[:0], images.test.labels[:0]), _pens()
    data = evaluation.Data(nothing, images.test, pens)
    measured = evaluation.evaluate(score, evaluation.calibrate(score, data), data)
    assert "mnist_validation" not in measured
    assert measured["pens_validation"]["n"] == len(pens.validation)
    with pytest.raises(DataError, match="Expected --unipen"):
        evaluation.calibrate(score, data._replace(pens=None))


def test_an_export_is_one_model_in_two_files_with_a_card(
    run: Path, images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import evaluation
    from trainer.export import export

    card = cards.read(export(run, tmp_path, images.test.images))
    assert (card["name"], card["outputs"], card["seed"]) == ("mlp", 11, 3)
    assert card["calibration"]["temperature"] > 0
    lite, calibration = evaluation.load(tmp_path / "mlp.json")
    exact = evaluation.load_model(tmp_path / "mlp.keras").predict(images.test.images[..., None], verbose=0)
    np.testing.assert_allclose(lite(images.test.images), exact, atol=0.05)
    assert calibration is not None


def test_an_unevaluated_run_is_not_exported(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer.export import export

    CONFIG.save(tmp_path / "config.json")
    for needed in ("model.keras", "model.tflite"):
        (tmp_path / needed).write_bytes((run / needed).read_bytes())
        with pytest.raises(ModelError, match="trainer evaluate"):
            export(tmp_path, tmp_path, images.test.images)


def test_an_ensemble_answers_with_the_mean(run: Path, tmp_path: Path) -> None:
    from trainer import evaluation
    from trainer.ensemble import combine

    combine([run, run], "large", tmp_path)
    drawings = render([from_strokes(strokes) for strokes in DRAWINGS.values()])
    single, ensemble = (evaluation.load(folder)[0](drawings) for folder in (run, tmp_path))
    np.testing.assert_allclose(ensemble, single, atol=1e-6)
    assert Config.load(tmp_path / "config.json").members == (run.name, run.name)


def test_who_learnt_scans_alone_is_heard_about_scans_alone(
    run: Path, images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import evaluation, models, training
    from trainer.ensemble import Scans, combine
    from trainer.gate import train_gate

    alone = replace(CONFIG, model="classic", pens=0, others=0)
    training.train(alone, Epochs(alone, images.train, None), {}, tmp_path / "alone", lambda line: None)
    log: list[str] = []
    gates: list[models.Model] = []

    def gate(config: Config) -> models.Model:
        gates.append(train_gate(config, Epochs(config, images.train, _pens()), log.append))
        return gates[0]

    combine([run], "large", tmp_path / "large", Scans([tmp_path / "alone"], gate))
    seen = np.concatenate([images.test.images[:9], digit_images(_pens().validation).images[:9]])[..., None]
    ink, scans, gated = (
        np.asarray(evaluation.load_model(folder).predict(seen, verbose=0))
        for folder in (run, tmp_path / "alone", tmp_path / "large")
    )
    half = gates[0].predict(seen, verbose=0) / 2
    expected = (1 - half) * ink[:, :10] + half * (1 - ink[:, 10:]) * scans
    np.testing.assert_allclose(gated[:, :10], expected, atol=1e-6)
    np.testing.assert_allclose(gated[:, 10], ink[:, 10], atol=1e-6)
    assert half.min() < half.max()
    assert "told apart" in log[-1]
    served = evaluation.load(tmp_path / "large")[0](seen[..., 0])
    np.testing.assert_allclose(served, gated, atol=0.05)
    assert Config.load(tmp_path / "large" / "config.json").scans == ("alone",)
    with pytest.raises(ModelError, match=r"got \[11, 11\]"):
        combine([run], "large", tmp_path / "other", Scans([run], gate))


def test_a_run_starts_from_another_and_follows_a_teacher(
    run: Path, images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import evaluation, training
    from trainer.teaching import Teacher

    teacher = Teacher(evaluation.load_model(run))
    log: list[str] = []
    epochs = Epochs(CONFIG, images.train, _pens())
    training.train(
        CONFIG, epochs, {"mnist_validation": images.test}, tmp_path, log.append, start=run, teacher=teacher
    )
    assert len(log) == CONFIG.epochs


def test_what_is_learnt_is_half_the_label_and_half_the_teachers_answer(
    run: Path, images: mnist.Mnist
) -> None:
    from trainer import evaluation
    from trainer.teaching import Teacher

    model = evaluation.load_model(run)
    epoch = Epochs(CONFIG, images.train, _pens()).make(0)
    answers = np.asarray(model.predict(epoch.images[..., None], verbose=0))
    targets = Teacher(model).teach("float32")(epoch)
    np.testing.assert_allclose(targets, (np.eye(11)[epoch.labels] + answers) / 2, atol=1e-6)


def test_mnist_may_have_a_teacher_of_its_own(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import evaluation, models
    from trainer.teaching import Teacher

    of_ink, of_mnist = evaluation.load_model(run), models.build("mlp", 10)
    epoch = Epochs(CONFIG, images.train, _pens()).make(0)
    seen = epoch.images[..., None]
    expected = np.eye(11)[epoch.labels] + np.asarray(of_ink.predict(seen, verbose=0))
    of_images = np.pad(of_mnist.predict(seen, verbose=0), ((0, 0), (0, 1)))
    expected[epoch.from_mnist] = (np.eye(11)[epoch.labels] + of_images)[epoch.from_mnist]
    for _ in range(2):  # The second time from what is kept.
        targets = Teacher(of_ink, tmp_path, for_mnist=of_mnist).teach("float32")(epoch)
        np.testing.assert_allclose(targets, expected / 2, atol=1e-6)


def test_kept_answers_are_of_these_images_and_this_teacher(
    run: Path, images: mnist.Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer import evaluation, models
    from trainer.teaching import Teacher

    model, asked = evaluation.load_model(run), list[int]()
    some, others = (Epochs(CONFIG, images.train, None).make(k) for k in (0, 1))

    class Counting:
        def predict(self, images: np.ndarray, **_: object) -> np.ndarray:
            asked.append(len(images))
            return np.asarray(model.predict(images, verbose=0))

    monkeypatch.setattr(models, "in_precision", lambda model, precision: Counting())
    teach = Teacher(model, tmp_path).teach("float32")
    first = teach(some)
    np.testing.assert_array_equal(Teacher(model, tmp_path).teach("float32")(some), first)
    assert len(asked) == 1
    assert not np.array_equal(teach(others), first)
    model.set_weights([2 * weights for weights in model.get_weights()])
    assert not np.array_equal(Teacher(model, tmp_path).teach("float32")(some), first)
    assert len(asked) == 3


def test_runs_with_other_seeds_may_see_the_same_images(images: mnist.Mnist) -> None:
    made = [
        Epochs(replace(CONFIG, seed=seed, data_seed=data_seed), images.train, _pens()).make(0).images
        for seed, data_seed in ((3, None), (4, 3), (4, None))
    ]
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[1], made[2])


def test_a_report_shows_every_figure(run: Path, images: mnist.Mnist) -> None:
    from trainer import evaluation, report

    score, _ = evaluation.load(run)
    pens = digit_images(_pens().validation)
    answers = np.tile(pens.labels[:, None], 20)
    page = report.write(run, score, Calibration(), pens, images.test, answers, [])
    text = page.read_text("utf-8")
    for name in ("learning", "confusion", "reliability", "errors", "mnist_errors", "drawing"):
        assert f"{name}.png" in text
        assert (page.parent / f"{name}.png").stat().st_size > 1_000
