"""HTTP by its bytes: whole handshakes wait for their turn, and nothing else does."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from live.transport.http import http_within
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.inside import CLASSIC, serving
from tests.wire import Op, Wire, frame, handshake

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


async def refused(said: bytes) -> tuple[bytes, bytes]:
    """Send bytes to a server that hangs up then; return what it said, head and body."""
    async with serving() as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(said)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    return head, body


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


UPGRADE = (
    b"GET /v1/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n"
)


CHUNKED = QUESTION.replace(b"/", b"/healthz", 1)[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("said", "also", "answer"),
    [
        (b"", b"", b""),
        (QUESTION, b"\r\n", b"HTTP/1.1 200"),
        (b"POST /nowhere/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", b"x", b"HTTP/1.1 404"),
        (CHUNKED, b"5\r\n", b"HTTP/1.1 200"),
        (CHUNKED, b"0\r\nX: ", b"HTTP/1.1 200"),
        (UPGRADE + b"Content-Length: 5\r\n\r\n", b"abcde", b"HTTP/1.1 400"),
        (UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n", b"HTTP/1.1 400"),
    ],
    ids=[
        "nothing",
        "a line",
        "a body that was answered",
        "a chunk of one",
        "a trailer of one",
        "a body for a handshake",
        "a body in chunks",
    ],
)
async def test_nobody_is_connected_without_a_clock(said: bytes, also: bytes, answer: bytes) -> None:
    async with serving(replace(CLASSIC, handshake_s=0.3)) as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(said)
        heard = await reader.read(1 << 16) if said else b""
        with suppress(ConnectionError):
            writer.write(also)
            async with asyncio.timeout(4):  # uvicorn's own clock is 5 s.
                heard += await reader.read()
        assert heard.startswith(answer)
        writer.close()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "Expected an HTTP request, got something else"),
        (
            b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            "Expected at most 100 headers of at most 8000",
        ),
        (QUESTION.replace(b"Host", b"Most"), "Expected exactly one Host header, got none"),
        (QUESTION[:-2] + b"host: x\r\n\r\n", "Expected exactly one Host header, got 2"),
        (UPGRADE + b"Host: y\r\n\r\n", "Expected exactly one Host header, got 2"),
        (QUESTION[:-2] + b"X: y\r\n" * 200 + b"\r\n", "Expected at most 100 headers of at most 8000"),
        (UPGRADE + b"Content-Length: 5\r\n\r\n", "Expected a websocket's handshake, got another request"),
    ],
)
async def test_what_is_wrong_with_a_request_is_said_as_json(said: bytes, told: str) -> None:
    head, body = await refused(said)
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/json" in head
    error = json.loads(body)["error"]
    assert (error["code"], error["message"][: len(told)]) == ("bad_message", told)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (handshake(Sec_WebSocket_Key=None), " with a valid Sec-WebSocket-Key, got none"),
        (handshake(Sec_WebSocket_Key="sesame"), " with a valid Sec-WebSocket-Key, got another"),
        (handshake(Sec_WebSocket_Version="8"), " with a valid Sec-WebSocket-Version, got another"),
        (handshake(Sec_WebSocket_Protocol=","), " with a valid Sec-WebSocket-Protocol, got another"),
        (handshake().replace(b"GET", b"POST"), ", got another request"),
    ],
)
async def test_a_wrong_handshake_is_refused_as_json(said: bytes, told: str) -> None:
    head, body = await refused(said)
    is_post = said.startswith(b"POST")
    assert head.startswith(b"HTTP/1.1 405 " if is_post else b"HTTP/1.1 400 ")
    assert {b"Content-Type: application/json", b"Sec-WebSocket-Version: 13"} <= {*head.split(b"\r\n")}
    code = "method_not_allowed" if is_post else "bad_message"
    assert json.loads(body)["error"] == {"code": code, "message": f"Expected a websocket's handshake{told}"}


async def test_frames_that_come_with_the_handshake_are_heard() -> None:
    frames = frame(Op.BINARY, binary_ink([], 1)) + frame(Op.BINARY, binary_ink(DRAWINGS["seven"], 2))
    async with serving() as place:
        wire = Wire(*await asyncio.open_connection(*place))
        wire.writer.write(handshake() + frames[:-9])
        assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        ready, blank = [json.loads((await wire.receive()).payload) for _ in range(2)]
        wire.writer.write(frames[-9:])
        seven = json.loads((await wire.receive()).payload)
        wire.writer.close()
    assert (ready["type"], blank["seq"], seven["seq"], seven["digit"]) == ("ready", 1, 2, 7)


async def test_a_head_that_does_not_end_is_refused_as_json() -> None:
    protocol, pipe = Host().invite()
    protocol.data_received(QUESTION[:-2])
    protocol.data_received(b"X: " + b"y" * 40_000)
    told = {"code": "bad_message", "message": "Expected a request head of at most 32768 bytes, got more"}
    assert json.loads(pipe.written.partition(b"\r\n\r\n")[2]) == {"error": told}
    assert pipe.is_closed


async def test_who_goes_on_after_an_answer_is_heard() -> None:
    async with serving(replace(CLASSIC, handshake_s=1.0)) as place:
        reader, writer = await asyncio.open_connection(*place)
        for _ in range(4):
            writer.write(b"\r\n" + QUESTION.replace(b"/", b"/healthz", 1))
            assert b"alive" in await reader.readuntil(b"}")
            await asyncio.sleep(0.4)
        writer.close()


async def test_a_websocket_after_an_answer_has_no_clock() -> None:
    async with serving(replace(CLASSIC, handshake_s=0.3)) as place:
        wire = Wire(*await asyncio.open_connection(*place))
        wire.writer.write(QUESTION.replace(b"/", b"/healthz", 1))
        await wire.reader.readuntil(b"}")
        wire.writer.write(handshake())
        assert (await wire.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        await wire.receive()
        await asyncio.sleep(1)
        await wire.send(frame(Op.BINARY, binary_ink([], 1)))
        assert json.loads((await wire.receive()).payload)["seq"] == 1
        wire.writer.close()


async def test_a_handshake_that_did_not_wait_for_an_answer_is_hung_up_on() -> None:
    async with serving() as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(QUESTION.replace(b"/", b"/healthz", 1) + handshake())
        assert b" 101 " not in await reader.read()
        writer.close()


@pytest.mark.parametrize("place", [b"http://localhost:1", b"HTTPS://x"])
async def test_an_address_may_be_said_whole(place: bytes) -> None:
    async with serving() as where:
        reader, writer = await asyncio.open_connection(*where)
        writer.write(QUESTION.replace(b"/", place + b"/healthz?a=/b", 1))
        assert b"alive" in await reader.readuntil(b"}")
        writer.write(handshake().replace(b"/v1/live", place + b"/v1/live"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.close()


async def test_an_offer_of_another_protocol_is_ignored_wherever_it_is_cut() -> None:
    body = b'{"strokes": [[[0, 0], [0, 9]]]}'
    said = (
        b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    async with serving() as place:
        reader, writer = await asyncio.open_connection(*place)
        for cut in (0, 20, *range(68, 90), 200):
            writer.write(said[:cut])
            await asyncio.sleep(0.01)
            writer.write(said[cut:])
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), cut
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            assert json.loads(await reader.readexactly(length))["digit"] == 1
        writer.close()


async def test_requests_that_come_together_are_answered_wherever_they_are_cut() -> None:
    question = QUESTION.replace(b"/", b"/healthz", 1)
    chunked = CHUNKED + b"1\r\nx\r\n0\r\n\r\n"
    async with serving() as place:
        reader, writer = await asyncio.open_connection(*place)
        for first in (question, chunked):
            for cut in range(len(question) + 1):
                writer.write(first + question[:cut])
                await asyncio.sleep(0.002)
                writer.write(question[cut:])
                async with asyncio.timeout(10):
                    for _ in range(2):
                        assert b"alive" in await reader.readuntil(b"}"), cut
        writer.close()


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
