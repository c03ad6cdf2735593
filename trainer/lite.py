"""LiteRT files: what they answer, and what that costs. Imports no Keras."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from live.ink import SIDE
from trainer.errors import MissingDependencyError

Floats = NDArray[np.float32]

COST_BATCH = 32
_CHUNK = 256
_ROUNDS = 60
_SECONDS = 5.0
"""At least: neighbours on the same machine are busy for a second, and not for five."""
_CALLS = 4
"""Each model runs this often before the next one has its turn, so that a busy moment hits them all."""


def lite_scores(lite_file: Path, images: Floats) -> Floats:
    """Run images (N, 28, 28) through a LiteRT file, on one thread → (N, outputs)."""
    interpreter, source, target = _prepare(lite_file, _CHUNK)
    scores = []
    for start in range(0, len(images), _CHUNK):
        part = images[start : start + _CHUNK]
        batch = np.zeros((_CHUNK, SIDE, SIDE, 1), np.float32)
        batch[: len(part), ..., 0] = part
        interpreter.set_tensor(source, batch)
        interpreter.invoke()
        scores.append(interpreter.get_tensor(target)[: len(part)])
    return np.concatenate(scores)


def costs(lite_files: Sequence[Path]) -> list[float]:
    """Measure what an image costs each file, in µs: one thread, batches of COST_BATCH, the fastest of many.

    The files take turns, so that their ratios hold on a machine that is not theirs alone.
    """
    prepared = [_prepare(file, COST_BATCH)[0] for file in lite_files]
    fastest = [float("inf")] * len(prepared)
    rounds, until = 0, perf_counter() + _SECONDS
    while rounds < _ROUNDS or perf_counter() < until:
        rounds += 1
        for i, interpreter in enumerate(prepared):
            start = perf_counter()
            for _ in range(_CALLS):
                interpreter.invoke()
            fastest[i] = min(fastest[i], (perf_counter() - start) / _CALLS / COST_BATCH * 1e6)
    return fastest


def _prepare(lite_file: Path, batch: int) -> tuple[Any, int, int]:
    """Return an interpreter for batches of one size, and the numbers of its input and output."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            "Expected ai-edge-litert, to measure what is served: pip install ai-edge-litert"
        ) from error
    interpreter = Interpreter(str(lite_file), num_threads=1)
    source = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(source, (batch, SIDE, SIDE, 1))
    interpreter.allocate_tensors()
    interpreter.set_tensor(source, np.random.default_rng(1).random((batch, SIDE, SIDE, 1), np.float32))
    return interpreter, source, interpreter.get_output_details()[0]["index"]


def times_classic(lite_file: Path, classic: Path) -> dict[str, float]:
    """Measure a file against classic's, in the same run: what a card says of its cost."""
    own, reference = costs([lite_file, classic])
    return {"times_classic": round(own / reference, 2), "batch": COST_BATCH, "threads": 1}
