"""HTTP over real sockets: who is answered, who is refused, and nobody who is connected without a clock."""

import asyncio
import contextlib
import json
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.inside import CLASSIC, serving
from tests.live.test_http import QUESTION
from tests.wire import Op, Wire, frame, handshake

UPGRADE = (
    b"GET /v1/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n"
)
CHUNKED = QUESTION.replace(b"/", b"/healthz", 1)[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"


async def refused(said: bytes) -> tuple[bytes, bytes]:
    """Send bytes to a server that hangs up then; return what it said, head and body."""
    async with serving() as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(said)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    return head, body


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


async def test_who_asks_for_thousands_of_answers_at_once_is_hung_up_on() -> None:
    question = QUESTION.replace(b"/", b"/healthz", 1)
    async with serving() as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(question * 60)
        for _ in range(60):
            assert b"alive" in await reader.readuntil(b"}")
        writer.write(question * 5_000)
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                assert (await reader.read()).count(b"alive") < 100
        writer.close()
