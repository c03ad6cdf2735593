"""The other half of the floor: a model alone, as LiteRT runs it on one thread."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from live.ink import Images
from live.settings import WEIGHTS


class Modelled(NamedTuple):
    """What one call costs, for each of its images."""

    cpu_us: float
    wall_ms: float


def run_alone(name: str, images: Images, seconds: float, weights: Path = WEIGHTS) -> Modelled:
    """Run a model on the same batch again and again."""
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
