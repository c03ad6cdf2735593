"""Ensembles: who is heard, about what, and how much."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from live.ink import from_strokes, render
from tests.live.drawings import DRAWINGS
from tests.trainer.samples import CONFIG, USES_TENSORFLOW, ten_writers
from trainer import mnist, runs
from trainer.config import Config
from trainer.datasets import digit_images
from trainer.epochs import Epochs
from trainer.errors import ModelError

pytestmark = USES_TENSORFLOW


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
        gates.append(train_gate(config, Epochs(config, images.train, ten_writers()), log.append))
        return gates[0]

    combine([run], "large", tmp_path / "large", Scans([tmp_path / "alone"], gate))
    seen = np.concatenate([images.test.images[:9], digit_images(ten_writers().validation).images[:9]])[
        ..., None
    ]
    ink, scans, gated = (
        np.asarray(runs.load(folder).predict(seen, verbose=0))
        for folder in (run, tmp_path / "alone", tmp_path / "large")
    )
    half = gates[0].predict(seen, verbose=0) / 2
    expected = (1 - half) * ink[:, :10] + half * (1 - ink[:, 10:]) * scans
    np.testing.assert_allclose(gated[:, :10], expected, atol=1e-6)
    np.testing.assert_allclose(gated[:, 10], ink[:, 10], atol=1e-6)
    assert half.min() < half.max()
    taught = models.in_precision(runs.load(tmp_path / "large"), "bfloat16").predict(seen, verbose=0)
    np.testing.assert_allclose(taught, gated, atol=0.05)
    assert "told apart" in log[-1]
    served = evaluation.load(tmp_path / "large")[0](seen[..., 0])
    np.testing.assert_allclose(served, gated, atol=0.05)
    assert Config.load(tmp_path / "large" / "config.json").scans == ("alone",)
    with pytest.raises(ModelError, match=r"got \[11, 11\]"):
        combine([run], "large", tmp_path / "other", Scans([run], gate))


def test_runs_of_other_outputs_or_none_are_not_combined(
    run: Path, images: mnist.Mnist, tmp_path: Path
) -> None:
    from trainer import training
    from trainer.ensemble import combine

    alone = replace(CONFIG, epochs=1)
    training.train(alone, Epochs(alone, images.train, None), {}, tmp_path / "alone", lambda line: None)
    with pytest.raises(ModelError, match=r"Expected runs of as many outputs each, got \[10, 11\]"):
        combine([run, tmp_path / "alone"], "large", tmp_path / "large")
    (tmp_path / "alone" / "model.keras").write_bytes((run / "model.keras").read_bytes()[:-99])
    with pytest.raises(ModelError, match=r"Expected a trained model in .*alone"):
        combine([run, tmp_path / "alone"], "large", tmp_path / "large")
    assert not (tmp_path / "large").exists()
