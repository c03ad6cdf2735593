"""The floor under every websocket server here: uvicorn, set up as ours is, sending back what it gets.

python -m tests.bench.echo      serves on a free port, which it prints, until it is killed
"""

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import uvicorn
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect
from starlette.types import Receive, Scope, Send

from live.load.watch import Watch
from tests.conftest import ROOT

clock = time.perf_counter


class Echoed(NamedTuple):
    """What driving an echo showed."""

    messages_per_s: float
    cpu_us: float
    """The server's processor time for one message and its echo."""
    round_trip_ms: float
    """Median."""


class Echo(NamedTuple):
    """A running echo server."""

    url: str
    watch: Watch

    def drive(self, frames: Sequence[bytes], sessions: int, seconds: float) -> Echoed:
        """Send frames round and round on some websockets, each as fast as it gets them back."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_drive(self, frames, sessions, seconds))


@contextlib.contextmanager
def running_echo() -> Iterator[Echo]:
    """Run an echo server in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.echo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout
            port = re.search(r"\d+", process.stdout.readline())
            assert port
            yield Echo(f"ws://127.0.0.1:{port[0]}/", Watch(process.pid))
        finally:
            process.kill()


class _Caller(WSListener):
    """Sends a frame, waits for it to come back, and sends the next."""

    def __init__(self, frames: Sequence[bytes], round_trips: "array[float]") -> None:
        self._frames = frames
        self._round_trips = round_trips
        self._sent = 0
        self._sent_at = 0.0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._call(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY:
            self._round_trips.append(clock() - self._sent_at)
            self._call(transport)

    def _call(self, transport: WSTransport) -> None:
        frame = self._frames[self._sent % len(self._frames)]
        self._sent += 1
        self._sent_at = clock()
        transport.send(WSMsgType.BINARY, frame)


async def _drive(echo: Echo, frames: Sequence[bytes], sessions: int, seconds: float) -> Echoed:
    round_trips: array[float] = array("d")
    callers = [await ws_connect(lambda: _Caller(frames, round_trips), echo.url) for _ in range(sessions)]
    await asyncio.sleep(seconds / 5)
    del round_trips[:]
    cpu_s, began = echo.watch.look().cpu_s, clock()
    await asyncio.sleep(seconds)
    cpu_s, took_s = echo.watch.look().cpu_s - cpu_s, clock() - began
    messages = sorted(round_trips)
    for transport, _ in callers:
        transport.disconnect(graceful=False)
    return Echoed(len(messages) / took_s, cpu_s / len(messages) * 1e6, messages[len(messages) // 2] * 1e3)


async def _app(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": event["bytes"]})


def _serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        _app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve([listener]))


if __name__ == "__main__":
    _serve()
