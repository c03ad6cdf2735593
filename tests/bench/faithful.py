"""Whether explanations are true to the model: how fast its score falls and rises as they say it should.

    python -m tests.bench.faithful --unipen FOLDER-OR-TAR.GZ --mnist FOLDER [--model compact] [--count 500]

Deletion takes away what speaks most for the digit first, insertion puts it onto blank paper first (Petsiuk,
Das and Saenko, "RISE", BMVC 2018, section 4.3): the area under the score along the way, mean over all digits,
against that of random orders. Ink is explained by its pieces, MNIST's test images by their patches.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.explaining import patches
from live.explaining.explain import Coalitions, cut, shapley, worths
from live.explaining.patches import Masked
from live.ink import Images
from live.recogniser import Recogniser
from live.verdict import Probabilities
from tests.bench.model import load
from tests.command import run
from trainer import mnist, unipen

RANDOM_ORDERS = 4

Order = NDArray[np.intp]
Score = Callable[[NDArray[np.bool_]], NDArray[np.float64]]
"""Which parts are there (B, N) → the digit's score (B,)."""


class Areas(NamedTuple):
    """Mean score along the way, from all parts to none or from none to all."""

    deletion: float
    insertion: float


def areas(order: Order, score: Score) -> Areas:
    """Measure both curves of an order, the parts that matter most first."""
    parts = len(order)
    ranks = np.empty(parts, np.intp)
    ranks[order] = np.arange(parts)
    first = ranks < np.arange(parts + 1)[:, None]
    deletion, insertion = score(~first), score(first)
    return Areas(*(float(np.trapezoid(curve, dx=1 / parts)) for curve in (deletion, insertion)))


def compare(weights: NDArray[np.float64], score: Score, rng: np.random.Generator) -> tuple[Areas, Areas]:
    """Measure the order of the weights (N,), and random orders, mean."""
    own = areas(np.argsort(-weights), score)
    chance = [areas(rng.permutation(len(weights)), score) for _ in range(RANDOM_ORDERS)]
    return own, Areas(*np.mean(chance, axis=0))


def ink(model: Recogniser, path: Path, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Explain digits of UNIPEN → (count, 2, 2): own and chance; deletion and insertion."""
    samples = unipen.read(path).samples
    found = []
    for index in rng.choice(len(samples), count, replace=False):
        drawing = samples[index].ink
        coalitions = Coalitions(drawing, cut(drawing))
        values = worths(model.scores(coalitions[:]), model.card.calibration)
        digit = int(values[-1].argmax())
        found.append(compare(shapley(values)[:, digit], partial(_look_up, values[:, digit]), rng))
    return np.array(found)


def _look_up(values: NDArray[np.float64], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Find the scores of coalitions that are scored already."""
    return values[there @ (1 << np.arange(there.shape[1]))]


def pictures(model: Recogniser, folder: Path, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Explain MNIST's test images → (count, 2, 2), as `ink` does."""
    images = mnist.read(folder).test.images
    found = []
    for index in rng.choice(len(images), count, replace=False):
        image = images[index]

        def score(masks: patches.Masks, image: NDArray[np.float32] = image) -> Probabilities:
            masked: Images = Masked(image, masks)[:]
            return worths(model.scores(masked), model.card.calibration)

        explained = patches.explain(image, score)
        digit = int(explained.scores.argmax())
        inked = np.flatnonzero(has_ink(image))

        def along(there: NDArray[np.bool_], inked: Order = inked, digit: int = digit) -> NDArray[np.float64]:
            masks = np.zeros((len(there), patches.PATCHES), np.uint8)
            masks[:, inked] = there
            return score(masks)[:, digit]

        found.append(compare(explained.weights[inked, digit], along, rng))
    return np.array(found)


def has_ink(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say which patches of an image have ink → (49,)."""
    side, size = patches.ACROSS, patches.PATCH
    return np.asarray(image.reshape(side, size, side, size).max(axis=(1, 3)).ravel() > 0)


def main() -> None:
    """Print a table for the README."""
    parser = argparse.ArgumentParser(description="Measure whether explanations are true to the model.")
    parser.add_argument("--unipen", type=Path, required=True, help="UNIPEN, a folder or .tar.gz")
    parser.add_argument("--mnist", type=Path, required=True, help="MNIST, a folder of its four files")
    parser.add_argument("--model", default="compact", help="which model (default: compact)")
    parser.add_argument("--count", type=int, default=500, help="digits of each (default: 500)")
    options = parser.parse_args()
    model = load(options.model)
    print(f"{options.count} digits each, model {options.model}\n")
    print("| | deletion, lower is better | insertion, higher is better | digits with both better |")
    print("| --- | ---: | ---: | ---: |")
    for name, measure, path in (
        ("ink, exact Shapley values", ink, options.unipen),
        ("pictures, Kernel SHAP", pictures, options.mnist),
    ):
        found = measure(model, path, options.count, np.random.default_rng(0))
        (deletion, insertion), (by_chance, and_insertion) = found.mean(axis=0)
        better = np.mean((found[:, 0, 0] < found[:, 1, 0]) & (found[:, 0, 1] > found[:, 1, 1]))
        print(f"| {name} | {deletion:.3f} | {insertion:.3f} | {better:.1%} |")
        print(f"| in random order | {by_chance:.3f} | {and_insertion:.3f} | |", flush=True)


if __name__ == "__main__":
    run(main)
