"""Framing: whatever comes, the application gets what uvicorn's own protocol would have given it."""

import asyncio
import functools
import itertools
from collections.abc import Sequence
from struct import pack
from typing import Any

import pytest
import uvicorn
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from live.framing import Framing
from live.sending import offered

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

    def __init__(self, kind: type[WebSocketsSansIOProtocol]) -> None:
        self.pipe = Pipe()
        self.events: list[Any] = []
        self.leftovers: list[bool] = []
        """Whether more was at hand, for each event that came."""
        self.together: list[int] = []
        """Messages in each event."""
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


def hear(kind: type[WebSocketsSansIOProtocol], chunks: Sequence[bytes]) -> tuple[Any, ...]:
    """Say what came of it when a client sent these chunks, before its connection ended."""

    async def talk() -> tuple[Any, ...]:
        talk = Talk(kind)
        await talk.is_open.wait()
        for chunk in chunks:
            if not talk.pipe.is_closed:
                talk.protocol.data_received(chunk)
        await talk.settle()
        found = talk.events.copy(), talk.pipe.written, talk.pipe.is_closed
        await talk.close()
        return found

    return asyncio.run(talk())


payloads = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=6).map(str.encode),
    st.sampled_from([b"a" * 125, b"b" * 126, "é".encode()[:1]]),
)
plain = st.builds(frame, st.sampled_from([TEXT, BINARY]), payloads)
parts = st.builds(frame, st.sampled_from([0x01, 0x02, 0x00, CONTINUATION]), payloads)
control = st.builds(frame, st.sampled_from([PING, 0x8A]), payloads)
wrong = st.one_of(
    st.builds(frame, st.integers(0, 255), payloads),
    st.builds(frame, st.just(BINARY), payloads, is_masked=st.just(False)),
    st.builds(frame, st.sampled_from([TEXT, CLOSE]), payloads, form=st.sampled_from([2, 8])),
    st.builds(frame, st.just(CLOSE), st.sampled_from([b"", b"\x03\xe8", b"\x03\xe8bye", b"\x00\x01"])),
)
streams = st.lists(st.one_of(plain, plain, plain, parts, control, wrong), max_size=8).map(b"".join)


@settings(max_examples=100, deadline=None)
@given(streams, st.lists(st.integers(0, 200), max_size=5))
def test_the_application_gets_what_the_library_would_have_given_it(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    chunks = [stream[a:b] for a, b in itertools.pairwise(edges) if a < b]
    # One byte at a time: of a chunk that ends in an error, uvicorn's own protocol drops what came before.
    bytewise = [bytes((byte,)) for byte in stream]
    expected = hear(WebSocketsSansIOProtocol, bytewise)
    # It objects to a close between a message's parts, which RFC 6455 allows (section 5.4), and so do we.
    assume(b"incomplete fragmented message" not in expected[1])
    assert hear(Framing, chunks) == expected


@pytest.mark.parametrize("size", [0xFFFF, 0x10000, MAX_SIZE, MAX_SIZE + 1])
@pytest.mark.parametrize("first", [BINARY, 0x02])
def test_large_messages_in_pieces_come_whole_or_end_it(size: int, first: int) -> None:
    rest = b"" if first & 0x80 else frame(CONTINUATION, b"more")
    stream = frame(first, bytes(size)) + rest + frame(TEXT, b"next")
    chunks = [stream[i : i + 4096] for i in range(0, len(stream), 4096)]
    assert hear(Framing, chunks) == hear(WebSocketsSansIOProtocol, chunks)


def test_what_comes_before_the_handshake_is_over_is_not_lost() -> None:
    async def talk() -> list[Any]:
        talk = Talk(Framing)
        text = frame(TEXT, b"early")
        talk.protocol.data_received(text[:4])
        await talk.is_open.wait()
        talk.protocol.data_received(text[4:] + frame(TEXT, b"late"))
        await talk.settle()
        await talk.close()
        return [event.get("text") for event in talk.events]

    assert asyncio.run(talk()) == ["early", "late", None]


@pytest.mark.parametrize("parts", [1, 2])
def test_text_that_is_not_utf8_ends_it_quietly(parts: int, caplog: pytest.LogCaptureFixture) -> None:
    whole = frame(TEXT, b"\xc3\x28")
    stream = whole if parts == 1 else frame(0x01, b"\xc3") + frame(CONTINUATION, b"\x28")
    events, written, is_closed = hear(Framing, [stream + frame(TEXT, b"more")])
    assert events == [{"type": "websocket.disconnect", "code": 1007, "reason": ""}]
    assert written == b"\x88\x02" + pack("!H", 1007)
    assert is_closed
    assert not caplog.records


async def test_reading_pauses_until_the_application_asks_for_more_than_there_is() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    talk.protocol.data_received(frame(BINARY, b"one"))
    talk.may_ask.clear()
    await talk.settle()
    talk.protocol.data_received(frame(BINARY, b"two"))
    assert not talk.pipe.reads
    talk.may_ask.set()
    await talk.settle()
    assert talk.pipe.reads
    assert [event["bytes"] for event in talk.events] == [b"one", b"two"]
    await talk.close()


@pytest.mark.parametrize("size", [0, 125, 126, 0xFFFF, 0x10000])
@pytest.mark.parametrize("character", ["a", "é"])
async def test_what_is_sent_is_framed_as_the_library_would(size: int, character: str) -> None:
    written = []
    for kind in (Framing, WebSocketsSansIOProtocol):
        talk = Talk(kind)
        await talk.is_open.wait()
        talk.to_send.put_nowait({"type": "websocket.send", "text": character * size})
        await talk.settle()
        written.append(talk.pipe.written)
        await talk.close()
    assert written[0] == written[1]


async def test_a_socket_that_is_full_is_waited_for() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    talk.protocol.pause_writing()
    talk.to_send.put_nowait({"type": "websocket.send", "text": "held"})
    await talk.settle()
    assert talk.pipe.written == b""
    talk.protocol.resume_writing()
    await talk.settle()
    assert talk.pipe.written == b"\x81\x04held"
    await talk.close()


@pytest.mark.parametrize("is_lost", [True, False])
async def test_nothing_is_sent_after_the_end(is_lost: bool) -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    if is_lost:
        talk.protocol.connection_lost(None)
    else:
        talk.protocol.data_received(frame(CLOSE, b"\x03\xe8"))
    written = talk.pipe.written
    talk.to_send.put_nowait({"type": "websocket.send", "text": "too late"})
    await talk.settle()
    assert talk.pipe.written == written
    assert talk.is_gone or talk.events[-1]["type"] == "websocket.disconnect"
    await talk.close() if not is_lost else None


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_a_shutdown_leaves_a_handshake_to_the_application(
    is_wanted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Talk(Framing)
    talk.is_wanted = is_wanted
    talk.may_accept.clear()
    await talk.settle()
    talk.protocol.shutdown()
    assert (talk.pipe.written, talk.pipe.is_closed) == (b"", False)
    talk.may_accept.set()
    await talk.settle()
    assert talk.pipe.is_closed
    if is_wanted:
        assert talk.pipe.written == b"\x88\x02" + pack("!H", 1012)
        assert talk.events == [{"type": "websocket.disconnect", "code": 1012}]
    else:
        assert talk.pipe.written.startswith(b"HTTP/1.1 503 ")
        assert talk.pipe.written.endswith(b"not now")
    assert not [record for record in caplog.records if record.exc_info]
    await talk.close()


async def test_a_goodbye_is_answered_when_a_frame_was_half_there() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    half = frame(BINARY, b"half")
    talk.protocol.data_received(half[:7])
    talk.to_send.put_nowait({"type": "websocket.close", "code": 1012})
    await talk.settle()
    assert not talk.pipe.is_closed
    talk.protocol.data_received(half[7:] + frame(CLOSE, pack("!H", 1012)))
    assert talk.pipe.is_closed
    await talk.close()


async def test_a_flood_is_taken_apart_a_little_each_turn() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    talk.protocol.data_received(frame(PING, b"?") * 200)
    answered = [len(talk.pipe.written) // 3]
    for _ in range(30):
        await asyncio.sleep(0)
        answered.append(len(talk.pipe.written) // 3)
    assert max(later - earlier for earlier, later in itertools.pairwise(answered)) <= 32
    assert answered[-1] == 200
    assert talk.pipe.reads
    await talk.close()


async def test_what_was_held_back_is_handed_over_before_more_is_read() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    talk.protocol.data_received(b"".join(frame(BINARY, b"%d" % n) for n in range(100)) + frame(PING, b""))
    assert not talk.pipe.reads
    assert len(talk.pipe.written) == 0
    await asyncio.wait_for(talk.pipe.may_read.wait(), 10)
    assert [int(event["bytes"]) for event in talk.events] == [*range(100)]
    assert talk.pipe.written == b"\x8a\x00"
    await talk.close()


@pytest.mark.parametrize("is_there_before", [True, False])
async def test_after_our_goodbye_only_the_clients_is_looked_for(is_there_before: bool) -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    talk.may_ask.clear()
    rest = frame(BINARY, b"more") * 500 + frame(PING, b"") + frame(CLOSE, pack("!H", 1008))
    talk.protocol.data_received(rest if is_there_before else rest[:999])
    talk.to_send.put_nowait({"type": "websocket.close", "code": 1008})
    await talk.settle()
    if not is_there_before:
        assert not talk.pipe.is_closed
        talk.protocol.data_received(rest[999:])
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert talk.pipe.is_closed
    assert talk.pipe.written == b"\x88\x02" + pack("!H", 1008)
    await talk.close()


async def test_who_goes_on_after_our_goodbye_is_read_now_and_then() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    talk.to_send.put_nowait({"type": "websocket.close", "code": 1008})
    await talk.settle()
    talk.protocol.data_received(frame(BINARY, b"more") * 5)
    assert not talk.pipe.reads
    await asyncio.wait_for(talk.pipe.may_read.wait(), 10)
    await talk.close()


async def test_an_event_says_whether_more_was_read() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    talk.protocol.data_received(frame(TEXT, b"a") + frame(TEXT, b"b") + frame(BINARY, b"c") * 20)
    await talk.settle()
    talk.protocol.data_received(frame(TEXT, b"d"))
    await talk.settle()
    assert len(talk.events) == 23
    assert talk.leftovers == [True] * (len(talk.leftovers) - 2) + [False, False]
    await talk.close()


async def test_binary_messages_of_one_read_share_events_of_eight() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    run = b"".join(frame(BINARY, b"%d" % number * 50) for number in range(10, 20))
    talk.protocol.data_received(run + frame(TEXT, b"in between") + frame(BINARY, b"20"))
    await talk.settle()
    talk.protocol.data_received(run[:-1])
    await talk.settle()
    assert talk.together == [8, 2, 1, 1, 8, 1]
    binary = [event["bytes"][:2] for event in talk.events if "bytes" in event]
    assert [int(number) for number in binary] == [*range(10, 21), *range(10, 19)]
    await talk.close()


async def test_texts_can_be_written_at_once_while_the_socket_takes_them() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    write, texts = offered(talk.protocol.scope), ["one", "two" * 50, "three"]
    assert write
    write(lambda: texts.pop(0) if texts[1:] else None)
    assert talk.pipe.written == b"\x81\x03one\x81\x7e\x00\x96" + b"two" * 50
    talk.protocol.pause_writing()
    write(lambda: texts.pop(0))
    talk.protocol.resume_writing()
    assert texts == ["three"], "what the socket takes no more is not asked for"
    await talk.to_send.put({"type": "websocket.close"})
    await talk.settle()
    write(lambda: texts.pop(0))
    assert texts == ["three"]
    await talk.close()
    assert offered(talk.protocol.scope) is None, "whoever is done leaves no cycle"
