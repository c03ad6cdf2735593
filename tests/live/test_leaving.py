"""Leaving: sessions end one by one, and nothing of them is left to the garbage collector."""

import asyncio
import gc
from collections import Counter
from contextlib import suppress

import pytest

from live.transport.leaving import framing_one_by_one
from tests.live.drawings import binary_ink
from tests.live.inside import serving
from tests.live.pipe import PING, Talk
from tests.live.pipe import frame as framed
from tests.wire import Op, Wire, close, frame

INK = frame(Op.BINARY, binary_ink([[(0, 0), (50, 90)]], 1))
NONSENSE = frame(Op.TEXT, b"null") * 5
TOO_LARGE = b"\x82\xff" + (1 << 40).to_bytes(8, "big") + bytes(100)
OURS = {"Http", "OneByOne", "Connection", "Session", "ServerProtocol", "HttpRequestParser"}


async def test_those_who_are_lost_at_once_end_in_as_many_turns() -> None:
    kind = framing_one_by_one(lambda: False)
    talks = [Talk(kind) for _ in range(3)]
    for talk in talks:
        await talk.is_open.wait()
    for talk in talks:
        talk.protocol.connection_lost(None)
    ended = []
    for _ in range(8):
        await asyncio.sleep(0)
        ended.append(sum(bool(talk.events) for talk in talks))
    assert [ended.count(number) > 0 for number in (1, 2, 3)] == [True] * 3


async def test_nothing_is_written_to_a_connection_that_was_lost() -> None:
    talk = Talk(framing_one_by_one(lambda: False))
    await talk.is_open.wait()
    talk.protocol.data_received(framed(PING, b"x") * 100)
    written = talk.pipe.written
    talk.protocol.connection_lost(None)
    talk.to_send.put_nowait({"type": "websocket.send", "text": "too late"})
    talk.protocol.shutdown()
    await talk.settle()
    assert (talk.pipe.written, talk.is_gone) == (written, True)
    assert [event["type"] for event in talk.events] == ["websocket.disconnect"]


@pytest.mark.parametrize(
    "said",
    [b"", INK, NONSENSE, TOO_LARGE, INK + close(1000), NONSENSE + INK * 3],
    ids=["nothing", "ink", "nonsense", "too much", "goodbye", "nonsense and ink"],
)
async def test_sessions_that_end_are_no_garbage(said: bytes) -> None:
    async with serving() as place:
        gc.collect()
        gc.disable()
        try:
            for _ in range(5):
                wire = await Wire.open(*place)
                await wire.send(said)
                # At once: the server is still answering.
                wire.writer.transport.abort()
            await _until_nothing_is_left()
        finally:
            gc.enable()


async def test_nobody_who_was_checked_on_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.service._WATCH_S", 0.01)
    monkeypatch.setattr("live.service._CHECK_EVERY", 1)
    async with serving() as place:
        wire = await Wire.open(*place)
        await asyncio.sleep(0.2)
        wire.writer.transport.abort()
        await _until_nothing_is_left()


async def _until_nothing_is_left() -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            while _most_alike():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert not _most_alike()


def _most_alike() -> int:
    """Count what is there most often of a session's, needed or not."""
    names = Counter(name for thing in gc.get_objects() if (name := type(thing).__name__) in OURS)
    return max(names.values(), default=0)
