"""What explanations cost those who want none: the others' latency while twenty draw, with and without.

    python -m tests.bench.explaining URL INK MODEL [explanation]     draws until its input ends

The twenty draw all the time, in both cases the same; only that in one of them all their drawings are
explained, as fast as spare time allows. Cases take turns, so that a busy minute of the machine's hits both.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import websockets

from live import ink_file
from live.load.frames import animate, stamp_binary
from tests.bench.bench import Bench, Target
from tests.bench.table import latency, ms
from tests.conftest import ROOT

WRITERS = 20
RATE = 30.0
"""Snapshots a second that each of them draws."""
OTHERS = 50
OTHERS_RATE = 20.0
STEPS = 16
"""Snapshots that a drawing grows through."""
AT_MOST = 1.3


def measure(bench: Bench) -> None:
    """Measure the others' latency with and without explanations, in turns."""
    rounds = 1 if bench.is_quick else 5
    p99: dict[bool, list[float]] = {False: [], True: []}
    shown: dict[bool, str] = {}
    explained_per_s = []
    with bench.target() as target:
        bench.load(target, sessions=8, seconds=1)
        for wanted in (False, True) * rounds:
            bench.table.note(f"{WRITERS} sessions {'with' if wanted else 'without'} explanations")
            with Writers(bench, target, wanted) as writers:
                report = bench.load(target, sessions=OTHERS, is_closed=False, rate=OTHERS_RATE, steps=STEPS)
            if wanted:
                explained_per_s.append(writers.explained_per_s)
            p99[wanted].append(report.latency.at(99) or float("inf"))
            shown[wanted] = latency(report.latency.percentiles)
    without, with_ = median(p99[False]), median(p99[True])
    bench.table.head(f"What explaining to {WRITERS} sessions costs {OTHERS} others")
    add = bench.table.add
    add("others' latency, without", shown[False])
    add("others' latency, with", shown[True])
    rate = median(explained_per_s)
    add("explanations", f"{rate:,.0f} a second", "some", rate > 0)
    ratio = with_ / without
    found = f"{ms(with_)} ÷ {ms(without)} = {ratio:.2f}"
    add(f"p99 with ÷ without, medians of {rounds}", found, f"≤ {AT_MOST}", ratio <= AT_MOST)


class Writers:
    """Sessions that draw for a while, in a process of their own; then, how often they were explained to."""

    explained_per_s = 0.0

    def __init__(self, bench: Bench, target: Target, wants_explanations: bool) -> None:
        command = [sys.executable, "-m", "tests.bench.explaining", target.server.socket, str(bench.ink)]
        command += [bench.model, *["explanation"] * wants_explanations]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def __enter__(self) -> "Writers":
        assert self._process.stdout
        assert self._process.stdout.readline() == "drawing\n", "Expected the writers to connect"
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        told, _errors = self._process.communicate(timeout=30)
        if not kind:
            self.explained_per_s = float(told)


async def draw(url: str, ink: Path, model: str, include: Sequence[str]) -> None:
    """Have the writers draw until the standard input ends; print explanations a second.

    Raises AssertionError when one of them was stopped before: the others would have had it easier.
    """
    frames = [frame for drawing in ink_file.read(ink) for frame in animate(drawing, STEPS, False).frames]
    configure = json.dumps({"type": "configure", "model": model, "include": include})
    explained = 0

    async def write(number: int, socket: websockets.ClientConnection) -> None:
        begin = asyncio.get_running_loop().time() + number / WRITERS / RATE
        for seq in range(1_000_000):
            await asyncio.sleep(begin + seq / RATE - asyncio.get_running_loop().time())
            step = (seq + number * STEPS) % len(frames)
            await socket.send(stamp_binary(frames[step], seq, seq // STEPS))

    async def read(socket: websockets.ClientConnection) -> None:
        nonlocal explained
        async for text in socket:
            explained += "explanation" in text[:24]

    sockets = [await websockets.connect(url, compression=None) for _ in range(WRITERS)]
    for socket in sockets:
        await socket.send(configure)
    tasks = [asyncio.create_task(write(i, socket)) for i, socket in enumerate(sockets)]
    tasks += [asyncio.create_task(read(socket)) for socket in sockets]
    began = asyncio.get_running_loop().time()
    print("drawing", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    took_s = asyncio.get_running_loop().time() - began
    assert not any(task.done() for task in tasks), "Expected every writer to draw on"
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(socket.close() for socket in sockets))
    print(explained / took_s, flush=True)


if __name__ == "__main__":
    asyncio.run(draw(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
