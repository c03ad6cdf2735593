"""From nothing to the first answer, and what an idle server takes."""

import json
import time
from statistics import median

import psutil
from websockets.sync.client import ClientConnection, connect

from tests.bench.bench import Bench

ROUNDS = 5
PATIENCE_S = 30.0
"""For one message; whatever takes as long to start is no start."""


def measure(bench: Bench) -> None:
    """Start servers, draw at once, and look at what they have loaded."""
    bench.table.note("start")
    took_s, rss, foreign = [], [], set()
    for _ in range(2 if bench.is_quick else ROUNDS):
        began = time.perf_counter()
        with bench.target() as target, connect(target.server.socket) as socket:
            socket.send(bench.frames[0])
            await_answer(socket)
            took_s.append(time.perf_counter() - began)
            rss.append(target.watch.look().rss_bytes)
            maps = psutil.Process(target.watch.pid).memory_maps()
            foreign |= {m.path for m in maps if "tensorflow" in m.path.lower()}
    seconds, mb = median(took_s), median(rss) / 1e6
    bench.table.head("Start")
    bench.table.add("start to first answer", f"{seconds:.2f} s", "≤ 1.0 s", seconds <= 1)
    bench.table.add("resident memory, idle", f"{mb:.0f} MB", "≤ 120 MB", mb <= 120)
    bench.table.add("TensorFlow libraries loaded", f"{len(foreign)}", "0", not foreign)


def await_answer(socket: ClientConnection, patience_s: float = PATIENCE_S) -> None:
    """Wait for a session's first answer. Raises AssertionError when none comes, or another."""
    try:
        ready, answer = (json.loads(socket.recv(patience_s)) for _ in range(2))
    except TimeoutError:
        raise AssertionError(f"Expected a prediction, got none within {patience_s:g} s") from None
    assert ready["type"] == "ready", f"Expected to be greeted, got {ready}"
    assert answer["type"] == "prediction", f"Expected a prediction, got {answer}"
