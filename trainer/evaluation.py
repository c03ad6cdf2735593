"""Evaluation: how well a trained model reads, on data that no choice was made with.

training → **evaluation** → export. Writes evaluation.json into the run's folder: metrics, each with its n,
and the data's hashes; export copies them onto the card.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from trainer.errors import ModelError
from trainer.mnist import Images

Floats = NDArray[np.float32]


def load(path: Path) -> Any:
    """Load a run's model, or any .keras file, as it is to be served.

    Raises ModelError when there is none.
    """
    file = path / "model.keras" if path.is_dir() else path
    try:
        return keras.models.load_model(file, compile=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"Expected a trained model in {file}: {error}") from error


def evaluate(model: Any, sets: dict[str, Images]) -> dict[str, dict[str, float]]:
    """Return the accuracy and n of each set."""
    return {
        name: {"accuracy": _accuracy(model, images), "n": len(images.labels)} for name, images in sets.items()
    }


def save(run: Path, metrics: dict[str, Any], hashes: dict[str, str], pens: Path | None) -> None:
    """Write evaluation.json into the run's folder.

    hashes: of the images' files; pens: the UNIPEN distribution, whose hash goes with them when it is one
    file.
    """
    data = dict(hashes)
    if pens and pens.is_file():
        data[pens.name] = hashlib.sha256(pens.read_bytes()).hexdigest()
    evaluation = {"data": data, "metrics": metrics, "calibration": {}}
    (run / "evaluation.json").write_text(json.dumps(evaluation, indent=2) + "\n", "utf-8")


def _accuracy(model: Any, images: Images) -> float:
    scores = np.asarray(model.predict(images.images[..., None], batch_size=512, verbose=0))
    return float((scores[:, :10].argmax(1) == images.labels).mean())
