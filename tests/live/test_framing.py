"""Framing: whatever comes, the application gets what uvicorn's own protocol would have given it."""

import asyncio
import itertools
from struct import pack
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from live.transport.framing import Framing
from tests.live import pipe
from tests.live.pipe import BINARY, CLOSE, CONTINUATION, MAX_SIZE, PING, TEXT, Talk, frame, hear

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
    for by_shortcut in (False, True):
        assert hear(Framing, chunks, by_shortcut=by_shortcut) == expected


@pytest.mark.parametrize("size", [0xFFFF, 0x10000, MAX_SIZE, MAX_SIZE + 1])
@pytest.mark.parametrize("first", [BINARY, 0x02])
@pytest.mark.parametrize("by_shortcut", [False, True])
def test_large_messages_in_pieces_come_whole_or_end_it(size: int, first: int, by_shortcut: bool) -> None:
    rest = b"" if first & 0x80 else frame(CONTINUATION, b"more")
    stream = frame(first, bytes(size)) + rest + frame(TEXT, b"next")
    chunks = [stream[i : i + 4096] for i in range(0, len(stream), 4096)]
    expected = hear(WebSocketsSansIOProtocol, chunks)
    assert hear(Framing, chunks, by_shortcut=by_shortcut) == expected


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


async def test_who_floods_with_pings_is_read_until_it_has_heard_our_goodbye() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    flood = frame(PING, b"") * 3_000
    goodbye = b"\x88\x22" + pack("!H", 1008) + b"too many frames that say nothing"
    for _ in range(2):
        talk.protocol.data_received(flood)
        await talk.settle()
        for _ in range(1_000):
            await asyncio.sleep(0)
        assert talk.pipe.written.endswith(goodbye)
        assert talk.pipe.written.count(goodbye) == 1
        assert not talk.pipe.is_closed
    talk.protocol.data_received(frame(CLOSE, pack("!H", 1008)))
    assert talk.pipe.is_closed
    assert talk.events[-1]["code"] == 1008
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


async def test_binary_messages_of_one_read_share_events_of_32() -> None:
    talk = Talk(Framing)
    await talk.is_open.wait()
    run = b"".join(frame(BINARY, b"%d" % number * 50) for number in range(10, 50))
    talk.protocol.data_received(run + frame(TEXT, b"in between") + frame(BINARY, b"50"))
    await talk.settle()
    talk.protocol.data_received(run[:-1])
    await talk.settle()
    assert talk.together == [32, 8, 1, 1, 32, 7]
    binary = [event["bytes"][:2] for event in talk.events if "bytes" in event]
    assert [int(number) for number in binary] == [*range(10, 51), *range(10, 49)]
    await talk.close()


@pytest.mark.parametrize("first", [BINARY, TEXT])
def test_what_is_larger_than_a_small_limit_ends_it(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "MAX_SIZE", 1_000)
    pipe._config.cache_clear()
    for size in (1_000, 1_001):
        stream = [frame(first, bytes(size)) + frame(TEXT, b"next")]
        expected = hear(WebSocketsSansIOProtocol, stream)
        assert hear(Framing, stream) == hear(Framing, stream, by_shortcut=True) == expected
    pipe._config.cache_clear()


@pytest.mark.parametrize("by_shortcut", [False, True])
def test_a_large_message_may_hold_what_looks_like_frames(by_shortcut: bool) -> None:
    inner = frame(BINARY, b"no frame")
    count = 0x10000 // len(inner) + 1
    head = pack("!BBQ", BINARY, 0xFF, count * len(inner)) + b"mask"
    stream = [head + inner, *[inner] * (count - 1), frame(TEXT, b"next")]
    expected = hear(WebSocketsSansIOProtocol, stream)
    assert len(expected[0]) == 2
    assert hear(Framing, stream, by_shortcut=by_shortcut) == expected
