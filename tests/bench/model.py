"""The models that are served: as the server runs them, and, the other half of the floor, bare."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from live import recogniser
from live.errors import StartError
from live.ink import Images
from live.recogniser import Recogniser
from live.settings import WEIGHTS


class Modelled(NamedTuple):
    """What one call costs, for each of its images."""

    cpu_us: float
    wall_ms: float


def load(name: str) -> Recogniser:
    """Load a model as the server does. Raises StartError when there is none of that name."""
    cards = {card.name: card for card in recogniser.find_cards(WEIGHTS)}
    if name not in cards:
        raise StartError(f"Expected a model among {', '.join(cards)}, got {name!r}")
    return recogniser.load(cards[name], WEIGHTS, "litert")


def run_alone(name: str, images: Images, seconds: float, weights: Path = WEIGHTS) -> Modelled:
    """Run a model in LiteRT, on one thread, on the same batch again and again."""
    interpreter = Interpreter(model_path=str(weights / f"{name}.tflite"), num_threads=1)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, (*images.shape, 1))
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, np.ascontiguousarray(images[..., None]))
    interpreter.invoke()
    calls, cpu_s, began = 0, time.process_time(), time.perf_counter()
    while (took_s := time.perf_counter() - began) < seconds:
        interpreter.invoke()
        calls += 1
    cpu_s = time.process_time() - cpu_s
    return Modelled(cpu_s / calls / len(images) * 1e6, took_s / calls / len(images) * 1e3)
