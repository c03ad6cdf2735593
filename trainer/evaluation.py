"""Evaluation: how well a trained model reads, refuses and knows its own doubt.

training → quantise → **evaluation** → export, report. Fits the calibration on validation data, measures
everything, and writes evaluation.json into the run's folder, which export copies onto the card. It measures
what is served: the LiteRT file.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.ink import Images, render
from trainer import cards, metrics, runs
from trainer.calibration import Calibration, digits, doubt
from trainer.datasets import NONE, Pens, digit_images, disputed
from trainer.errors import DataError, ModelError
from trainer.forms import vary
from trainer.lite import lite_scores
from trainer.metrics import Floats
from trainer.mnist import Images as LabelledImages
from trainer.prefixes import early_reading
from trainer.quantise import quantise
from trainer.scrawl import SEEN, UNSEEN, scrawl
from trainer.strokes import Strokes
from trainer.unipen import Sample

_SCRAWL_SEED = 2024
_FORMS_SEED = 2025
_SCRAWLS = 600
"""Generated drawings of each of seen and unseen kinds to measure refusal on."""
_PER_CHARACTER = 60
"""At most so many of each letter and symbol, or the refusal of e would be all that is measured."""
_BARE = 0.08
"""A drawing thinner than this share of its length is a bare line."""

Score = Callable[[Images], Floats]
"""Raw outputs (N, 10 or 11) of images (N, 28, 28)."""


class Data(NamedTuple):
    """What a model is measured on. mnist_validation is what was held out of its training, maybe nothing."""

    mnist_validation: LabelledImages
    mnist_test: LabelledImages
    pens: Pens | None


def load(path: Path) -> tuple[Score, Calibration | None]:
    """Load a card's LiteRT file and its calibration, or a run's model, quantised into model.tflite beside it.

    Raises ModelError when there is none, or it has weights that are no numbers.
    """
    if path.suffix == ".json":
        card = cards.read(path)
        return partial(lite_scores, path.with_suffix(".tflite")), Calibration.from_card(card["calibration"])
    lite_file = path / "model.tflite"
    model = runs.load(path)
    if not runs.are_finite(model.get_weights()):
        raise ModelError(f"Expected finite weights in {path}, got NaN or infinity: its training went astray")
    with runs.whole(lite_file) as part:
        quantise(model, part)
    return partial(lite_scores, lite_file), None


def calibrate(score: Score, data: Data) -> Calibration:
    """Choose temperature and thresholds on validation data: pens where there are any, else images.

    Raises DataError when there is neither, or no pens for a model that tells what is not a digit.
    """
    chosen_on = digit_images(data.pens.validation) if data.pens else data.mnist_validation
    if not len(chosen_on.labels):
        raise DataError("Expected --unipen to choose thresholds on: no image was held out of the training")
    outputs = score(chosen_on.images)
    if outputs.shape[1] > NONE and not data.pens:
        raise DataError("Expected --unipen to choose thresholds on: the model also tells what is not a digit")
    return Calibration.fit(outputs, chosen_on.labels)


def evaluate(score: Score, calibration: Calibration, data: Data) -> dict[str, dict[str, float]]:
    """Measure everything that the data allows → metrics by name, each with its n."""
    measured = {
        "mnist_test": _reading(score, calibration, data.mnist_test),
        "mnist_test_without_disputed": _reading(score, calibration, _undisputed(data.mnist_test)),
    }
    if len(data.mnist_validation.labels):
        measured["mnist_validation"] = _reading(score, calibration, data.mnist_validation)
    if not data.pens:
        return measured
    pens = data.pens
    validation = digit_images(pens.validation)
    measured["pens_validation"] = _reading(score, calibration, validation)
    if len({sample.writer for sample in pens.validation}) > 1:
        measured["pens_validation"]["ece_cross_fitted"] = _cross_fitted_error(score, pens.validation)
    forms = vary(pens.validation, np.random.default_rng(_FORMS_SEED))
    measured["regional_forms"] = _reading(score, calibration, digit_images(forms))
    measured |= _refusal(score, calibration, score(validation.images), pens)
    strokes = Strokes.from_inks([sample.ink for sample in pens.validation])
    measured["while_drawing"] = {
        **early_reading(strokes, validation.labels, score),
        "n": len(validation.labels),
    }
    if pens.reported:
        whole = [sample for sample in pens.reported if not is_bare(sample)]
        measured["pens_test"] = _reading(score, calibration, digit_images(whole))
        measured["pens_test_with_kept_out"] = _reading(score, calibration, digit_images(pens.reported))
    return measured


def _undisputed(test: LabelledImages) -> LabelledImages:
    """Leave out the images whose labels are disputed; test is the whole of MNIST's test set, in its order."""
    clear = np.delete(np.arange(len(test.labels)), [i for i in disputed() if i < len(test.labels)])
    return LabelledImages(test.images[clear], test.labels[clear])


def is_bare(sample: Sample) -> bool:
    """Tell whether a digit other than a one is a bare line: ink that the publisher cut short."""
    points = np.asarray(sample.ink.points, np.float64)
    points = points - points.mean(0)
    # Along the principal axes, the shorter first.
    width, length = np.ptp(points @ np.linalg.eigh(points.T @ points)[1], axis=0)
    return sample.label != "1" and bool(width <= _BARE * length)


def save(
    run: Path,
    metrics_by_name: dict[str, Any],
    calibration: Calibration,
    hashes: dict[str, str],
    pens: Path | None,
) -> None:
    """Write evaluation.json into the run's folder.

    hashes: of the images' files; pens: the UNIPEN distribution, whose hash goes with them when it is one
    file.
    """
    data = dict(hashes)
    if pens and pens.is_file():
        data[pens.name] = hashlib.sha256(pens.read_bytes()).hexdigest()
    evaluation = {"data": data, "metrics": metrics_by_name, "calibration": calibration._asdict()}
    runs.write(run / "evaluation.json", evaluation)


def saved(run: Path) -> dict[str, Any]:
    """Read a run's evaluation.json; raises ModelError when there is none, or not all of it."""
    file = run / "evaluation.json"
    try:
        evaluation: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"Expected an evaluation in {file}, run `python -m trainer evaluate` again: {error}"
        ) from error
    return evaluation


def _reading(score: Score, calibration: Calibration, images: LabelledImages) -> dict[str, float]:
    """Measure how true digits are read."""
    outputs = score(images.images)
    probabilities = digits(outputs, calibration.temperature)
    verdicts = calibration.verdicts(outputs)
    believed = verdicts == "digit"
    right = probabilities.argmax(1) == images.labels
    return {
        "accuracy": metrics.accuracy(probabilities, images.labels),
        "ece": metrics.calibration_error(probabilities, images.labels),
        "refused_as_not_a_digit": float((verdicts == "not_a_digit").mean()),
        "unsure": float((verdicts == "unsure").mean()),
        "accuracy_when_believed": float(right[believed].mean()) if believed.any() else 0.0,
        "n": len(images.labels),
    }


def _cross_fitted_error(score: Score, samples: Sequence[Sample]) -> float:
    """Return the calibration error, each half of two writers or more read at the other half's temperature."""
    images = digit_images(samples)
    outputs = score(images.images)
    writers = sorted({sample.writer for sample in samples})
    first = np.array([writers.index(sample.writer) % 2 == 0 for sample in samples])
    probabilities = np.empty((len(samples), 10))
    for half in (first, ~first):
        other = Calibration.fit(outputs[~half], images.labels[~half])
        probabilities[half] = digits(outputs[half], other.temperature)
    return metrics.calibration_error(probabilities, images.labels)


def _refusal(
    score: Score, calibration: Calibration, digit_outputs: Floats, pens: Pens
) -> dict[str, dict[str, float]]:
    """Measure how digits and what is not a digit are told apart, on characters and scrawl seen and unseen."""
    rng = np.random.default_rng(_SCRAWL_SEED)
    inks = [sample.ink for sample in pens.validation]
    groups = {
        "letters_seen": _images(_spread(pens.validation_others)),
        "letters_unseen": _images(_spread(pens.unseen)),
        "scrawl_seen": render(scrawl(SEEN, _SCRAWLS, inks, rng)),
        "scrawl_unseen": render(scrawl(UNSEEN, _SCRAWLS, inks, rng)),
    }
    outputs = {name: score(images) for name, images in groups.items()}
    outputs["unseen"] = np.concatenate([outputs["letters_unseen"], outputs["scrawl_unseen"]])
    return {
        f"not_digits_{name}": {
            "auroc": metrics.auroc(doubt(digit_outputs), doubt(others)),
            "digits_kept_at_95_rejected": metrics.kept(doubt(digit_outputs), doubt(others)),
            "refused_as_not_a_digit": float((calibration.verdicts(others) == "not_a_digit").mean()),
            "not_believed": float((calibration.verdicts(others) != "digit").mean()),
            "n": len(others),
        }
        for name, others in outputs.items()
    }


def _spread(samples: Sequence[Sample]) -> list[Sample]:
    """Pick at most _PER_CHARACTER of each character, spread over the writers by their hash."""
    ordered = sorted(samples, key=lambda sample: hashlib.sha256(sample.name.encode()).digest())
    seen: dict[str, int] = {}
    picked = []
    for sample in ordered:
        seen[sample.label] = seen.get(sample.label, 0) + 1
        if seen[sample.label] <= _PER_CHARACTER:
            picked.append(sample)
    return picked


def _images(samples: Sequence[Sample]) -> NDArray[np.float32]:
    return render([sample.ink for sample in samples])
