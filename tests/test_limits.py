"""Who goes too far is closed with 1008; and whatever clients do, what their sessions hold is bounded."""

import asyncio
from struct import pack

import psutil
import pytest

from live.settings import Settings
from tests.conformance import INK
from tests.conftest import RunningServer, running_server
from tests.wire import Op, Wire, close_code, frame

SESSIONS = 5
FRAME_BYTES = Settings().max_frame_bytes
WIDTH = 1024
FRAMES_HELD = 8
"""The largest message may be being put together, waiting, decoded, predicted, answered and explained."""
BESIDE_FRAMES = 4 << 20
"""Bytes beside those: 256 kB are read at once, and taken apart a few frames at a time; the unsent is 256
messages and 64 kB."""


def picture(seq: int) -> bytes:
    """Encode a snapshot as large as a frame may be."""
    return pack("<BBHII", 2, 0, WIDTH, seq, 0) + bytes(FRAME_BYTES - WIDTH)


def json_ink(seq: int) -> bytes:
    """Encode a drawing as large as a frame may be, with more numbers than a point needs."""
    point = b"[1,2" + b",0.123456" * 10 + b"]"
    points = b",".join([point] * (FRAME_BYTES // (len(point) + 1) - 1))
    return b'{"type":"ink","seq":%d,"strokes":[[%b]]}' % (seq, points)


async def hoard(server: RunningServer) -> Wire:
    """Have a session hold as much as it can: drawings, pictures, the half of a message, and nothing read."""
    wire = await Wire.open(server.host, server.port)
    wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await wire.send(frame(Op.TEXT, b'{"type":"configure","include":["input"]}'))
    for seq in range(0, 4, 2):
        await wire.send(frame(Op.TEXT, json_ink(seq), mask=bytes(4)))
        await wire.send(frame(Op.BINARY, picture(seq + 1), mask=bytes(4)))
    # Errors, one less than a session may leave unread.
    await wire.send(frame(Op.BINARY, INK) * 200)
    for seq in range(4, 8):
        await wire.send(frame(Op.BINARY, picture(seq), mask=bytes(4)))
    await wire.send(frame(Op.BINARY, bytes(FRAME_BYTES // 2), fin=False, mask=bytes(4)))
    await wire.send(frame(Op.CONTINUATION, bytes(FRAME_BYTES // 2), fin=False, mask=bytes(4)))
    return wire


async def test_what_sessions_hold_is_bounded() -> None:
    with running_server() as server:
        process = psutil.Process(server.process.pid)
        first = await hoard(server)
        before = process.memory_info().rss
        most = before
        sending = asyncio.gather(*(hoard(server) for _ in range(SESSIONS)))
        while not sending.done():
            most = max(most, process.memory_info().rss)
            await asyncio.wait([sending], timeout=0.02)
        most = max(most, process.memory_info().rss)
        for wire in (first, *await sending):
            assert not wire.writer.transport.is_closing()
            wire.writer.transport.abort()
            await wire.hang_up()
        assert most - before <= SESSIONS * (FRAMES_HELD * Settings.max_frame_bytes + BESIDE_FRAMES)


@pytest.mark.parametrize(
    "flood", [frame(Op.PING) * 5_000, frame(Op.BINARY, INK) * 1_100], ids=["pings", "errors"]
)
async def test_who_floods_is_closed_with_1008(server: RunningServer, flood: bytes) -> None:
    wire = await Wire.open(server.host, server.port)
    # No more than is read at once: who sends on may have its connection reset before it reads the close.
    await wire.send(flood)
    async with asyncio.timeout(30):
        while (found := await wire.receive()).op != Op.CLOSE:
            pass
    assert close_code(found) == 1008
    await wire.hang_up()
