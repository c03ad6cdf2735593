"""Endings: what sessions are owed by a server whose model can't go on."""

import asyncio
import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests.chaos.scene import Scene
from tests.live.drawings import DRAWINGS
from tests.talk import receive, session, whole

SEVEN = whole(DRAWINGS["seven"])
GAP_S = 0.02


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A server whose model can be made to fail, and whose drain takes two seconds."""
    with Scene("--drain-s", "2") as scene:
        yield scene


class Drawer:
    """Draws until the server says goodbye, and notes all that it says."""

    def __init__(self, socket: ClientConnection) -> None:
        self.heard: list[dict[str, Any]] = []
        self._socket = socket
        self._goodbye = asyncio.Event()

    async def draw(self) -> None:
        """Draw and listen, to the end of the session; the last snapshot must be answered."""
        listening = asyncio.create_task(self._listen())
        sent = 0
        while not self._goodbye.is_set():
            await self._socket.send(json.dumps({"type": "ink", "seq": sent, "strokes": SEVEN}))
            sent += 1
            await asyncio.sleep(GAP_S)
        await listening
        assert self._socket.close_code == 1012
        numbers = [message["seq"] for message in self.heard if message["type"] in ("prediction", "error")]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == sent - 1

    async def _listen(self) -> None:
        try:
            while True:
                self.heard.append(await receive(self._socket))
                if self.heard[-1]["type"] == "goaway":
                    self._goodbye.set()
        except websockets.ConnectionClosed:
            self._goodbye.set()

    def errors(self) -> set[str]:
        """List the codes of the errors that were told."""
        return {message["code"] for message in self.heard if message["type"] == "error"}


async def test_a_server_whose_predict_threads_die_again_and_again_owes_nobody_an_answer(scene: Scene) -> None:
    async with session(scene.server) as socket:
        drawer = Drawer(socket)
        drawing = asyncio.create_task(drawer.draw())
        await asyncio.to_thread(scene.end_threads)
        await drawing
    assert drawer.errors() == {"internal", "overloaded"}
    assert await asyncio.to_thread(scene.server.process.wait, 30) == 1
    assert "died again and again" in scene.log.read_text()


async def test_a_drain_whose_model_hangs_answers_that_it_won_t(scene: Scene) -> None:
    async with session(scene.server) as socket:
        drawer = Drawer(socket)
        drawing = asyncio.create_task(drawer.draw())
        await asyncio.to_thread(scene.sabotage, "hang")
        scene.server.process.send_signal(signal.SIGTERM)
        await drawing
    assert drawer.errors() == {"overloaded"}
    assert await asyncio.to_thread(scene.server.process.wait, 30) == 0
