"""Servers that only pretend, as the tests of the client have them: their first message, their address."""

from websockets.asyncio.server import Server

from live.messages import Ready
from live.settings import Settings

READY = Ready(1, "fake", "session", [], Settings().limits)


def url_of(fake: Server) -> str:
    [socket] = fake.sockets
    return f"http://127.0.0.1:{socket.getsockname()[1]}"
