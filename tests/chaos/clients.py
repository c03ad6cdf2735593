"""Clients that misbehave, each for some seconds, in as many connections as it takes.

python -m tests.chaos.clients flood_with_ink HOST PORT SECONDS      prints what they were closed with, as JSON
"""

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from struct import pack
from typing import NamedTuple

from live.files_limit import raise_file_limit
from tests.conformance import CONFIGURE, INK
from tests.live.drawings import binary_ink
from tests.wire import Op, Wire, close_code, frame, handshake

LINE = [[(0, 0), (50, 90)]]
_BREAK_S = 0.01
_FLOOD = 100_000
"""Frames from each that floods."""
_WRITE = 1 << 16


_closes: Counter[int] = Counter()
"""What this process was closed with so far."""


class Place(NamedTuple):
    """Where a server is."""

    host: str
    port: int


Misbehave = Callable[[Place, float], Awaitable[None]]


async def vanish_in_a_frame(server: Place, seconds: float) -> None:
    """Open sessions, send half a frame, and reset the connection."""
    async with asyncio.timeout(seconds):
        while True:
            wire = await Wire.open(*server)
            await wire.send(frame(Op.BINARY, INK) * 2 + frame(Op.BINARY, INK)[:30])
            wire.writer.transport.abort()


async def vanish_in_the_handshake(server: Place, seconds: float) -> None:
    """Send half a handshake, and hang up."""
    async with asyncio.timeout(seconds):
        while True:
            _, writer = await asyncio.open_connection(*server)
            writer.write(handshake()[:40])
            await writer.drain()
            writer.transport.abort()


async def half_close(server: Place, seconds: float) -> None:
    """Send no more, and read no more, but keep 100 connections."""
    wires = [await Wire.open(*server) for _ in range(100)]
    for wire in wires[:50]:
        await wire.send(frame(Op.BINARY, INK))
        wire.writer.write_eof()
    await _keep(wires, seconds)


async def send_byte_by_byte(server: Place, seconds: float) -> None:
    """Send drawings a byte at a time, over 20 connections."""

    async def one() -> None:
        wire = await Wire.open(*server)
        for seq in range(1_000_000):
            data = frame(Op.BINARY, binary_ink(LINE, seq))
            await wire.send(data, len(data))
            await asyncio.sleep(_BREAK_S)

    await _all(20, one, seconds)


async def never_read(server: Place, seconds: float) -> None:
    """Ask for long answers, and read none, over 20 connections."""

    async def one() -> None:
        wire = await Wire.open(*server)
        raw: socket.socket = wire.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await wire.send(frame(Op.TEXT, b'{"type":"configure","include":["input"]}'))
        for seq in range(1_000_000):
            await wire.send(frame(Op.BINARY, binary_ink(LINE, seq)))
            await asyncio.sleep(_BREAK_S)

    await _all(20, one, seconds)


async def come_and_go(server: Place, seconds: float) -> None:
    """Connect 1,000 times at once, draw, and leave without a word."""

    async def one() -> None:
        wire = await Wire.open(*server)
        await wire.send(frame(Op.BINARY, INK))
        await wire.receive()
        wire.writer.transport.abort()

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(one() for _ in range(1000)), return_exceptions=True)


async def be_idle(server: Place, seconds: float) -> None:
    """Open 2,000 sessions, and say nothing."""
    await _keep([await Wire.open(*server) for _ in range(2000)], seconds)


async def send_rubbish(server: Place, seconds: float) -> None:
    """Send random bytes, reserved bits, compressed frames and what is no UTF-8."""
    rng = random.Random(0)
    kinds: list[Callable[[], bytes]] = [
        lambda: rng.randbytes(rng.randrange(1, 3000)),
        lambda: frame(Op.TEXT, CONFIGURE, rsv=rng.randrange(1, 8)),
        lambda: frame(Op.TEXT, b"\xff\xfe" + rng.randbytes(50)),
        lambda: frame(rng.randrange(3, 8), b"x"),
    ]

    async def one() -> None:
        while True:
            wire = await Wire.open(*server)
            make = rng.choice(kinds)
            await wire.send(make())
            # Random bytes may be the beginning of a frame, of which the server awaits the rest.
            if make is not kinds[0]:
                await _read(wire)
            await wire.hang_up()

    await _all(8, one, seconds)


async def send_too_much(server: Place, seconds: float) -> None:
    """Send frames over the limit, whole, in fragments, and only claimed."""
    big = frame(Op.BINARY, bytes(1_100_000))
    pieces = frame(Op.BINARY, bytes(600_000), fin=False) + frame(Op.CONTINUATION, bytes(600_000))
    claimed = b"\x82\xff" + pack(">Q", 1 << 40) + bytes(1000)

    async def one() -> None:
        while True:
            for data in (big, pieces, claimed):
                wire = await Wire.open(*server)
                await wire.send(data)
                await _read(wire)
                await wire.hang_up()

    await _all(4, one, seconds)


async def send_what_makes_no_sense(server: Place, seconds: float) -> None:
    """Send messages of wrong types, numbers that are none, and numbers going back."""
    texts = [
        b'{"type":"ink","seq":5,"strokes":[[[NaN,1]]]}',
        b'{"type":"ink","seq":6,"strokes":[[[1e308,-1e308],[1e999,0]]]}',
        b'{"type":"ink","seq":7,"strokes":[[[1e308,-1e308],[-1e308,1e308]]]}',
        b'{"type":"ink","seq":3,"strokes":[]}',
        b'{"type":"ink","seq":"8","strokes":{}}',
        b'{"type":"configure","model":"nobody"}',
        b'{"type":"ink","seq":9,"strokes":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b"null",
    ]

    async def one() -> None:
        while True:
            wire = await Wire.open(*server)
            for text in texts:
                await wire.send(frame(Op.TEXT, text))
            await wire.send(
                frame(Op.BINARY, binary_ink(LINE, 1)) + frame(Op.BINARY, b"\1\0\xff\xff" + bytes(20))
            )
            await wire.receive()
            await wire.hang_up()

    await _all(8, one, seconds)


async def flood_with_ink(server: Place, seconds: float) -> None:
    """Send drawings as fast as they go, over 4 connections."""
    await _flood(server, seconds, lambda seq: frame(Op.BINARY, binary_ink(LINE, seq)))


async def flood_with_errors(server: Place, seconds: float) -> None:
    """Send what is refused as fast as it goes, over 4 connections, and read the refusals."""
    await _flood(server, seconds, lambda seq: frame(Op.BINARY, binary_ink(LINE, 0)))


async def flood_with_pings(server: Place, seconds: float) -> None:
    """Send pings as fast as they go, over 4 connections."""
    await _flood(server, seconds, lambda seq: frame(Op.PING, os.urandom(100)))


async def hold_handshakes(server: Place, seconds: float) -> None:
    """Hold 300 handshakes open, a byte a second."""

    async def one() -> None:
        _, writer = await asyncio.open_connection(*server)
        for byte in handshake():
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)

    await _all(300, one, seconds)


async def hold_bodies(server: Place, seconds: float) -> None:
    """Hold 50 HTTP bodies open, a byte a second."""
    head = b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"

    async def one() -> None:
        _, writer = await asyncio.open_connection(*server)
        writer.write(head)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(1)

    await _all(50, one, seconds)


async def _flood(server: Place, seconds: float, make: Callable[[int], bytes]) -> None:
    # Prepared, so that the server is the slower one.
    flood = b"".join(map(make, range(_FLOOD)))

    async def one() -> None:
        wire = await Wire.open(*server)
        reading = asyncio.create_task(_read(wire))
        try:
            for start in range(0, len(flood), _WRITE):
                if reading.done():
                    return
                await wire.send(flood[start : start + _WRITE])
                # Where nobody is there any more, sending does not wait, and the end is never read.
                await asyncio.sleep(0)
            await reading
        finally:
            reading.cancel()
            wire.writer.transport.abort()

    await _all(4, one, seconds)


async def _read(wire: Wire) -> None:
    """Read until the server ends it, and note with what."""
    while (found := await wire.receive()).op != Op.CLOSE:
        pass
    _closes[close_code(found)] += 1


async def _keep(wires: list[Wire], seconds: float) -> None:
    await asyncio.sleep(seconds)
    for wire in wires:
        wire.writer.transport.abort()


async def _all(count: int, one: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Run as many at once for so long; those that the server hangs up on stay away."""

    async def until_hung_up_on() -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, AssertionError):
            await one()

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(until_hung_up_on() for _ in range(count)))


async def _misbehave(misbehave: Misbehave, server: Place, seconds: float) -> None:
    with contextlib.suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
        await misbehave(server, seconds)


if __name__ == "__main__":
    raise_file_limit()
    asyncio.run(_misbehave(globals()[sys.argv[1]], Place(sys.argv[2], int(sys.argv[3])), float(sys.argv[4])))
    print(json.dumps(_closes))
