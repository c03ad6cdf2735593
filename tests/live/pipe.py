"""A websocket without a socket: a protocol between a transport that leads nowhere and a small application."""

import asyncio
import functools
import itertools
from collections.abc import Sequence
from struct import pack
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from live.transport.shortcut import Shortcut, offered

MAX_SIZE = 70_000
MASK = b"\x11\x92\x33\xf4"
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, BINARY, CONTINUATION, CLOSE, PING = 0x81, 0x82, 0x80, 0x88, 0x89


def frame(first: int, payload: bytes, *, is_masked: bool = True, form: int = 0) -> bytes:
    """Build a client's frame, right or wrong; form: bytes of its length, 0 for the fewest."""
    form = form or (1 if len(payload) < 126 else 2 if len(payload) <= 0xFFFF else 8)
    mask = is_masked << 7
    head = {1: lambda n: pack("!BB", first, mask | n), 2: lambda n: pack("!BBH", first, mask | 126, n)}
    length = head.get(form, lambda n: pack("!BBQ", first, mask | 127, n))(len(payload))
    if not is_masked:
        return length + payload
    return length + MASK + bytes(a ^ b for a, b in zip(payload, itertools.cycle(MASK), strict=False))


class Pipe(asyncio.Transport):
    """A transport that leads nowhere: what is written is kept, and what is to be read comes from the test."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.is_closed = False

    @property
    def reads(self) -> bool:
        return self.may_read.is_set()

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.may_read.clear()

    def resume_reading(self) -> None:
        self.may_read.set()


@functools.cache
def _config() -> uvicorn.Config:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await scope["state"]["talk"].serve(receive, send)

    config = uvicorn.Config(app, ws_max_size=MAX_SIZE, ws_per_message_deflate=False, log_config=None)
    config.load()
    return config


class Talk:
    """One websocket between a test and an application that keeps what it gets."""

    def __init__(self, kind: type[WebSocketsSansIOProtocol], *, by_shortcut: bool = False) -> None:
        """by_shortcut: the application takes the shortcut that it is offered."""
        self.by_shortcut = by_shortcut
        self.pipe = Pipe()
        self.events: list[Any] = []
        self.leftovers: list[bool] = []
        """Whether more was at hand, for each event that came."""
        self.together: list[int] = []
        """Messages in each event."""
        self.delivered = 0
        """Messages that came by the shortcut."""
        self.to_send: asyncio.Queue[Any] = asyncio.Queue()
        self.is_open = asyncio.Event()
        self.may_ask = asyncio.Event()
        self.may_ask.set()
        self.is_gone = False
        self.may_accept = asyncio.Event()
        self.may_accept.set()
        self.is_wanted = True
        self.protocol = kind(_config(), ServerState(), {"talk": self})
        self.protocol.connection_made(self.pipe)
        self.protocol.data_received(HANDSHAKE)

    async def serve(self, receive: Receive, send: Send) -> None:
        """Accept, and keep what comes; send what the test wants sent. Or refuse."""
        await receive()
        await self.may_accept.wait()
        if not self.is_wanted:
            await send({"type": "websocket.http.response.start", "status": 503, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"not now"})
            return
        await send({"type": "websocket.accept"})
        self.pipe.written = self.pipe.written.partition(b"\r\n\r\n")[2]
        if self.by_shortcut:
            self.shortcut.deliver_to(self.take_in)
        self.is_open.set()
        sending = asyncio.create_task(self._send_all(send))
        while (event := await receive())["type"] == "websocket.receive":
            self.leftovers.append(event.pop("has_more", False))
            earlier = event.pop("earlier", ())
            self.together.append(1 + len(earlier))
            for message in earlier:
                self.events.append({"type": "websocket.receive", "bytes": message})
            self.events.append(event)
            await self.may_ask.wait()
        self.events.append(event)
        sending.cancel()

    def take_in(self, messages: Sequence[str | bytes], has_more: bool) -> None:
        """Keep messages that came by the shortcut like those that came in events."""
        self.delivered += len(messages)
        for message in messages:
            kind = "text" if isinstance(message, str) else "bytes"
            self.events.append({"type": "websocket.receive", kind: message})
        self.together.append(len(messages))
        self.leftovers.append(has_more)

    @property
    def shortcut(self) -> Shortcut:
        """What the protocol offers."""
        shortcut = offered(self.protocol.scope)
        assert shortcut
        return shortcut

    async def _send_all(self, send: Send) -> None:
        while True:
            message = await self.to_send.get()
            try:
                await send(message)
            except ClientDisconnected:
                self.is_gone = True

    async def settle(self) -> None:
        """Let the application do all that it can do now."""
        for _ in range(8):
            await asyncio.sleep(0)

    async def close(self) -> None:
        self.protocol.connection_lost(None)
        await self.settle()


def hear(
    kind: type[WebSocketsSansIOProtocol], chunks: Sequence[bytes], *, by_shortcut: bool = False
) -> tuple[Any, ...]:
    """Say what came of it when a client sent these chunks, before its connection ended."""

    async def talk() -> tuple[Any, ...]:
        talk = Talk(kind, by_shortcut=by_shortcut)
        await talk.is_open.wait()
        for chunk in chunks:
            if not talk.pipe.is_closed:
                talk.protocol.data_received(chunk)
        await talk.settle()
        found = talk.events.copy(), talk.pipe.written, talk.pipe.is_closed
        await talk.close()
        return found

    return asyncio.run(talk())
