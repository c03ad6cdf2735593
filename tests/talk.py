"""How most tests talk to a server: in sessions of the websockets library, message by message."""

import asyncio
import contextlib
import json
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.conftest import RunningServer
from tests.live.drawings import Strokes


@contextlib.asynccontextmanager
async def session(server: RunningServer) -> AsyncIterator[ClientConnection]:
    """Open a session, past its `ready`."""
    async with websockets.connect(
        server.socket, subprotocols=[websockets.Subprotocol("live-digits.v1")]
    ) as socket:
        assert (await receive(socket))["type"] == "ready"
        yield socket


async def receive(socket: ClientConnection) -> dict[str, Any]:
    """Take the next message."""
    message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 30))
    return message


async def ask(socket: ClientConnection, frame: str | bytes) -> dict[str, Any]:
    """Send a frame, and take the next message."""
    await socket.send(frame)
    return await receive(socket)


def whole(strokes: Strokes) -> list[list[tuple[int, int]]]:
    """Draw it in whole numbers, as binary ink is."""
    return [[(round(x * 50), round(y * 50)) for x, y in points] for points in strokes]


def fetch(url: str) -> str:
    """Get what is at an address, as text."""
    with urllib.request.urlopen(url) as response:
        text: str = response.read().decode()
        return text


def prefixes(strokes: Strokes) -> list[list[list[tuple[int, int]]]]:
    """Grow a drawing point by point."""
    grown: list[list[list[tuple[int, int]]]] = []
    done: list[list[tuple[int, int]]] = []
    for points in whole(strokes):
        grown += [[*done, points[: end + 1]] for end in range(len(points))]
        done = [*done, points]
    return grown


def check_books(received: int, messages: list[dict[str, Any]]) -> None:
    """Check that every snapshot received has its answer, its error or its place among the dropped."""
    predictions = [m for m in messages if m["type"] == "prediction"]
    numbers = [p["seq"] for p in predictions]
    assert numbers == sorted(set(numbers)), "seq must rise strictly"
    errors = [m for m in messages if m["type"] == "error" and m["seq"] is not None]
    assert len(predictions) + sum(p["dropped"] for p in predictions) + len(errors) == received
