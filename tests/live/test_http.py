"""HTTP by its bytes: whole handshakes wait for their turn, nothing else does, and little is kept."""

import asyncio
import json

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from live.transport.http import http_within

HANDSHAKE = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n"
QUESTION = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Pipe(asyncio.Transport):
    """What a protocol writes to."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = b""
        self.is_closed = False
        self.is_paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Host:
    """A server that is always busy, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._state = ServerState()
        self._config = uvicorn.Config(
            PlainTextResponse("hello"),
            http=http_within(60, self._is_busy),
            log_config=None,
            lifespan="off",
        )
        self._config.load()

    def _is_busy(self) -> bool:
        self.asked += 1
        return True

    def invite(self) -> tuple[HttpToolsProtocol, Pipe]:
        protocol: HttpToolsProtocol = self._config.http_protocol_class(  # type: ignore[assignment, call-arg]
            config=self._config, server_state=self._state, app_state={}
        )
        pipe = Pipe()
        protocol.connection_made(pipe)
        return protocol, pipe


async def answered(pipe: Pipe) -> None:
    async with asyncio.timeout(10):
        while not pipe.written.endswith(b"hello"):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("cut", range(1, len(HANDSHAKE)))
async def test_a_handshake_waits_for_its_turn_once_it_is_whole(cut: int) -> None:
    protocol, pipe = Host().invite()
    protocol.data_received(HANDSHAKE[:cut])
    assert not pipe.is_paused
    protocol.data_received(HANDSHAKE[cut:])
    assert pipe.is_paused
    await answered(pipe)
    assert not pipe.is_paused


async def test_those_who_never_finish_are_before_nobody() -> None:
    asked = []
    for crowd in (0, 1_000):
        host = Host()
        for _ in range(crowd):
            protocol, _ = host.invite()
            protocol.data_received(HANDSHAKE[:-4])
        protocol, pipe = host.invite()
        protocol.data_received(HANDSHAKE)
        await answered(pipe)
        asked.append(host.asked)
    assert asked[0] == asked[1] > 1


@pytest.mark.parametrize("cut", range(1, len(QUESTION)))
async def test_a_question_does_not_wait(cut: int) -> None:
    host = Host()
    protocol, pipe = host.invite()
    protocol.data_received(QUESTION[:cut])
    protocol.data_received(QUESTION[cut:])
    assert not pipe.is_paused
    await answered(pipe)
    assert host.asked == 0


@pytest.mark.parametrize("cut", [1, len(HANDSHAKE)])
async def test_a_server_that_stops_hears_a_handshake_out_if_it_is_whole(cut: int) -> None:
    protocol, pipe = Host().invite()
    protocol.data_received(HANDSHAKE[:cut])
    protocol.shutdown()
    assert pipe.is_closed == (cut < len(HANDSHAKE))
    if not pipe.is_closed:
        await answered(pipe)


async def test_a_head_that_does_not_end_is_refused_as_json() -> None:
    protocol, pipe = Host().invite()
    protocol.data_received(QUESTION[:-2])
    protocol.data_received(b"X: " + b"y" * 40_000)
    told = {"code": "bad_message", "message": "Expected a request head of at most 32768 bytes, got more"}
    assert json.loads(pipe.written.partition(b"\r\n\r\n")[2]) == {"error": told}
    assert pipe.is_closed


@pytest.mark.parametrize("trailer", [b"X: " + b"y" * 60_000, b"X: y\r\n" * 20_000])
async def test_trailers_are_no_longer_than_heads(trailer: bytes) -> None:
    protocol, pipe = Host().invite()
    protocol.data_received(
        QUESTION.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    )
    protocol.data_received(b"0\r\n")
    for start in range(0, len(trailer), 5_000):
        if not pipe.is_closed:
            protocol.data_received(trailer[start : start + 5_000])
    assert pipe.is_closed
    assert b"Expected a request head of at most 32768 bytes, got more" in pipe.written


async def test_a_long_body_in_chunks_is_no_head() -> None:
    protocol, pipe = Host().invite()
    protocol.data_received(QUESTION.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"))
    for _ in range(20):
        protocol.data_received(b"2710\r\n" + bytes(5_000))
        protocol.data_received(bytes(5_000) + b"\r\n")
    protocol.data_received(b"0\r\n\r\n")
    assert b" 400 " not in pipe.written
    await answered(pipe)


@pytest.mark.parametrize("line", [b"\r", b"Upgrade: " + b"x" * 63])
async def test_what_never_becomes_a_head_is_not_kept(line: bytes) -> None:
    protocol, pipe = Host().invite()
    protocol.data_received(QUESTION)
    await answered(pipe)
    if line != b"\r":
        protocol.data_received(QUESTION[:-2])
    for _ in range(100):
        if not pipe.is_closed:
            protocol.data_received(line * 64)
    kept = protocol._held + (protocol._tail or b"")  # type: ignore[attr-defined]
    assert len(kept) < 20_000
