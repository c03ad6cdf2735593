"""Where an answer's processor time goes: each step of the flow alone, on the same drawings.

What a step costs alone is a lower bound of what it costs in the server, where caches are shared. What is left
of the whole is what no step owns: sessions, queue, tasks, hand-offs between threads, waiting for the GIL.
"""

import time
from collections.abc import Callable, Sequence

from live import ink, messages, parsing
from live.messages import Prediction, Snapshot, Timing
from live.settings import Settings
from live.verdict import judge
from tests.bench.model import load


def dissect(model: str, frames: Sequence[bytes], batch: int, seconds: float) -> dict[str, float]:
    """Run each step by itself; return its processor time, µs an answer."""
    limits = Settings().limits
    recogniser = load(model)
    frames = [frames[i % len(frames)] for i in range(batch)]
    snapshots = [parsing.decode(frame, limits) for frame in frames]
    drawings = [snapshot.ink for snapshot in snapshots if isinstance(snapshot, Snapshot)]
    images = ink.render(drawings)
    scores = recogniser.scores(images)
    predictions = [
        Prediction(1000, 10, model, *judgement, 0, Timing(1.234, 5.678, batch)) for judgement in judge(scores)
    ]
    steps: dict[str, Callable[[], object]] = {
        "parse": lambda: [parsing.decode(frame, limits) for frame in frames],
        "render": lambda: ink.render(drawings),
        "model": lambda: recogniser.scores(images),
        "judge": lambda: judge(scores),
        "encode": lambda: [messages.encode(prediction) for prediction in predictions],
    }
    return {name: _cpu_us(step, seconds / len(steps)) / batch for name, step in steps.items()}


def _cpu_us(step: Callable[[], object], seconds: float) -> float:
    step()
    calls, began = 0, time.process_time()
    while (used_s := time.process_time() - began) < seconds:
        step()
        calls += 1
    return used_s / calls * 1e6
