"""Teaching: what is learnt of a label and of a teacher."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.samples import CONFIG, USES_TENSORFLOW, ten_writers
from trainer import mnist, runs
from trainer.config import Config
from trainer.datasets import Pens
from trainer.epochs import Epochs
from trainer.errors import ModelError

pytestmark = USES_TENSORFLOW


def test_a_run_starts_from_another_and_follows_a_teacher(
    run: Path, images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import training
    from trainer.teaching import Teacher

    teacher = Teacher(runs.load(run))
    log: list[str] = []
    epochs = Epochs(CONFIG, images.train, ten_writers())
    training.train(
        CONFIG, epochs, {"mnist_validation": images.test}, tmp_path, log.append, start=run, teacher=teacher
    )
    assert len(log) == CONFIG.epochs


def test_who_teaches_or_is_started_from_is_of_the_same_kind(
    run: Path, images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import models, training
    from trainer.teaching import Teacher

    eleven, ten = runs.load(run), models.build("mlp", 10)
    new = tmp_path / "new"

    def train(config: Config, pens: Pens | None, **given: Any) -> None:
        training.train(config, Epochs(config, images.train, pens), {}, new, lambda line: None, **given)

    with pytest.raises(ModelError, match="Expected a teacher of 10 outputs without --unipen, got 11"):
        train(CONFIG, None, teacher=Teacher(eleven))
    with pytest.raises(ModelError, match="Expected a teacher of 11 outputs with --unipen, got 10"):
        train(CONFIG, ten_writers(), teacher=Teacher(ten))
    with pytest.raises(ModelError, match="Expected a teacher for MNIST of at most the other's 10 outputs"):
        Teacher(ten, for_mnist=eleven)
    with pytest.raises(ModelError, match=r"Expected to start from a mlp of 10 outputs, got in .* a .* of 11"):
        train(CONFIG, None, start=run)
    with pytest.raises(ModelError, match=r"Expected to start from a classic of 11 outputs"):
        train(replace(CONFIG, model="classic"), ten_writers(), start=run)
    assert not new.exists()


def test_a_run_starts_with_the_weights_of_another(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import training

    still = replace(CONFIG, rate=1e-12, epochs=1)
    training.train(
        still, Epochs(still, images.train, ten_writers()), {}, tmp_path, lambda line: None, start=run
    )
    before, after = (runs.load(folder).get_weights() for folder in (run, tmp_path))
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_what_is_learnt_are_the_labels_and_the_teachers_softened_answers(
    run: Path, images: mnist.Mnist, temperature: float
) -> None:
    from trainer.teaching import Teacher

    model = runs.load(run)
    epoch = Epochs(CONFIG, images.train, ten_writers()).make(0)
    answers = np.asarray(model.predict(epoch.images[..., None], verbose=0))
    labels, softer = np.split(Teacher(model).teach("float32", temperature)(epoch), 2, axis=1)
    np.testing.assert_array_equal(labels, np.eye(11)[epoch.labels])
    odds = softer / softer[:, :1]
    np.testing.assert_allclose(odds**temperature, answers / answers[:, :1], rtol=1e-3)
    np.testing.assert_allclose(softer.sum(axis=1), 1, atol=1e-6)


def test_half_of_the_loss_is_to_the_labels_and_half_to_the_teacher() -> None:
    from trainer.teaching import distillation

    label, answer, scores = np.array([[0, 1, 0], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]], np.float32)
    targets, given = np.concatenate([label, answer])[None], scores[None]
    hard = -np.log(scores) @ label
    (plain,) = np.asarray(distillation(3, 1)(targets, given))
    np.testing.assert_allclose(plain, (hard - np.log(scores) @ answer) / 2, rtol=1e-5)
    softer = scores**0.5 / (scores**0.5).sum()
    (soft,) = np.asarray(distillation(3, 2)(targets, given))
    np.testing.assert_allclose(soft, (hard - 4 * np.log(softer) @ answer) / 2, rtol=1e-5)
    assert np.isfinite(np.asarray(distillation(3, 2)(targets, label[None] * 0)))


def test_mnist_may_have_a_teacher_of_its_own(run: Path, images: mnist.Mnist, tmp_path: Path) -> None:
    from trainer import models
    from trainer.teaching import Teacher

    of_ink, of_mnist = runs.load(run), models.build("mlp", 10)
    epoch = Epochs(CONFIG, images.train, ten_writers()).make(0)
    seen = epoch.images[..., None]
    expected = np.asarray(of_ink.predict(seen, verbose=0))
    of_images = np.pad(of_mnist.predict(seen, verbose=0), ((0, 0), (0, 1)))
    expected[epoch.from_mnist] = of_images[epoch.from_mnist]
    for _ in range(2):  # The second time from what is kept.
        targets = Teacher(of_ink, tmp_path, for_mnist=of_mnist).teach("float32", 1.0)(epoch)
        np.testing.assert_allclose(targets[:, 11:], expected, atol=1e-6)


def test_kept_answers_are_of_these_images_and_this_teacher(
    run: Path, images: mnist.Mnist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer import models
    from trainer.teaching import Teacher

    model, asked = runs.load(run), list[int]()
    some, others = (Epochs(CONFIG, images.train, None).make(k) for k in (0, 1))

    class Counting:
        def predict(self, images: np.ndarray, **_: object) -> np.ndarray:
            asked.append(len(images))
            return np.asarray(model.predict(images, verbose=0))

    monkeypatch.setattr(models, "in_precision", lambda model, precision: Counting())
    teach = Teacher(model, tmp_path).teach("float32", 1.0)
    first = teach(some)
    np.testing.assert_array_equal(Teacher(model, tmp_path).teach("float32", 1.0)(some), first)
    assert len(asked) == 1
    assert not np.array_equal(teach(others), first)
    model.set_weights([2 * weights for weights in model.get_weights()])
    assert not np.array_equal(Teacher(model, tmp_path).teach("float32", 1.0)(some), first)
    assert len(asked) == 3


@pytest.mark.parametrize("left", [0, 50, 500])
def test_kept_answers_that_are_cut_short_are_asked_again(left: int, tmp_path: Path) -> None:
    from trainer.teaching import _once

    file, asked = tmp_path / "answers.npy", list[int]()

    def answer() -> np.ndarray:
        asked.append(1)
        return np.ones((100, 10), np.float32)

    _once(file, answer)
    file.write_bytes(file.read_bytes()[:left])
    for _ in range(2):
        np.testing.assert_array_equal(_once(file, answer), np.ones((100, 10)))
    assert len(asked) == 2
