"""Cards: what a model's NAME.json says about it, and what its loader checks.

export → **cards** → weights/NAME.json. The server refuses weights whose hashes or normalisation differ from
the card.
"""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from live.ink import NORMALISATION, SIDE
from trainer.errors import ModelError

SUMMARIES = {
    "mlp": "Two dense layers: what a network without convolutions makes of it, for comparison.",
    "compact": "The default: a small convolutional network, the most accurate for its time.",
    "large": "Accuracy first: the mean of several networks, some of them heard about scans alone.",
    "classic": "The CNN of most tutorials: two convolutions, two poolings, one dense layer.",
}


def fingerprint(path: Path) -> dict[str, str | int]:
    """Return a file's SHA-256 and its size in bytes."""
    contents = path.read_bytes()
    return {"sha256": hashlib.sha256(contents).hexdigest(), "bytes": len(contents)}


def write(
    path: Path,
    files: list[Path],
    config: dict[str, Any],
    outputs: int,
    parameters: int,
    evaluation: dict[str, Any],
    cost: dict[str, float] | None = None,
    seeds: dict[str, Any] | None = None,
) -> None:
    """Write a card beside its files.

    config: the run's saved configuration.
    evaluation: what `trainer.evaluation` saved: data, metrics and calibration.
    cost: of an image, as `trainer.lite.times_classic` measures it.
    seeds: what `trainer.seeds` found of runs with other seeds.
    """
    card = {
        "name": config["model"],
        "summary": SUMMARIES[config["model"]],
        "normalisation": NORMALISATION,
        "files": {file.name: fingerprint(file) for file in files},
        "input": [SIDE, SIDE, 1],
        "outputs": outputs,
        "parameters": parameters,
        "seed": config["seed"],
        "data": evaluation["data"],
        "training": config,
        "metrics": evaluation["metrics"],
        "calibration": evaluation["calibration"],
        **({"cost": cost} if cost else {}),
        **({"seeds": seeds} if seeds else {}),
        "versions": {"python": platform.python_version()}
        | {library: version(library) for library in ("keras", "tensorflow", "numpy")},
    }
    path.write_text(json.dumps(card, indent=2) + "\n", "utf-8")


def read(path: Path) -> dict[str, Any]:
    """Read a card and check its files beside it.

    Raises ModelError when the card or a file is missing, a hash differs, or the normalisation is another one.
    """
    try:
        card: dict[str, Any] = json.loads(path.read_text("utf-8"))
        files, normalisation = card["files"], card["normalisation"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"Expected a model's card in {path}: {error}") from error
    if normalisation != NORMALISATION:
        raise ModelError(f"Expected {path} of normalisation {NORMALISATION}, got {normalisation}")
    for name, expected in files.items():
        file = path.with_name(name)
        if not file.is_file():
            raise ModelError(f"Expected {name} beside {path}, found none")
        if fingerprint(file) != expected:
            raise ModelError(f"Expected {name} as {path.name} describes it, got another file")
    return card
