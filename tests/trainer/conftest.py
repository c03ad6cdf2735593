"""A small MNIST, and a model trained on it: what the trainer's tests share."""

from pathlib import Path

import pytest

from tests.trainer.samples import CONFIG, ten_writers, write_mnist
from trainer import mnist
from trainer.epochs import Epochs


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure costs as fast as can be: what they come to, no test looks at."""
    monkeypatch.setattr("trainer.lite._SECONDS", 0.0)


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> mnist.Mnist:
    folder = tmp_path_factory.mktemp("mnist")
    return mnist.read(folder, write_mnist(folder))


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, images: mnist.Mnist) -> Path:
    from trainer import evaluation, training

    folder = tmp_path_factory.mktemp("runs") / "mlp-3"
    pens = ten_writers()
    epochs = Epochs(CONFIG, images.train, pens)
    training.train(CONFIG, epochs, {"mnist_validation": images.test}, folder, lambda line: None)
    score, _ = evaluation.load(folder)
    data = evaluation.Data(images.test, images.test, pens)
    calibration = evaluation.calibrate(score, data)
    evaluation.save(
        folder, evaluation.evaluate(score, calibration, data), calibration, {"file": "hash"}, None
    )
    return folder
