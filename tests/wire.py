"""A websocket of bytes, for frames that no library would send; knows RFC 6455 and nothing of the product."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from enum import IntEnum
from struct import pack, unpack
from typing import NamedTuple

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""What RFC 6455, section 1.3, answers to that key with."""
NO_CODE = 1005
NO_FRAME = 1006
MASK = b"\x37\xfa\x21\x3d"


class Op(IntEnum):
    """What a frame is."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Frame(NamedTuple):
    """One that came."""

    op: int
    payload: bytes


def frame(
    op: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes | None = MASK, form: int = 0
) -> bytes:
    """Encode a frame as a client does; form: 126 or 127 for a longer length than need be."""
    size = len(payload)
    form = form or (127 if size > 0xFFFF else 126 if size > 125 else size)
    extended = pack(">Q", size) if form == 127 else pack(">H", size) if form == 126 else b""
    head = bytes([fin << 7 | rsv << 4 | op, (mask is not None) << 7 | form]) + extended
    return head + payload if mask is None else head + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """Mask, or unmask."""
    size = len(payload)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def fragments(op: int, pieces: Iterable[bytes], between: bytes = b"") -> bytes:
    """Encode a message in pieces, with the same bytes between each two."""
    pieces = list(pieces)
    last = len(pieces) - 1
    frames = (frame(op if i == 0 else 0, piece, fin=i == last) for i, piece in enumerate(pieces))
    return between.join(frames)


def close(code: int, reason: bytes = b"") -> bytes:
    """Encode a close frame."""
    return frame(Op.CLOSE, pack(">H", code) + reason)


def handshake(path: str = "/v1/live", *more: str, **changed: str | None) -> bytes:
    """Write the request that opens a websocket; changed: headers to have otherwise, or not at all (None)."""
    headers: dict[str, str | None] = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items() if v is not None), *more]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Wire:
    """One connection. `open` it, then send bytes and receive frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, host: str, port: int) -> "Wire":
        """Connect, and become a websocket."""
        wire = cls(*await asyncio.open_connection(host, port))
        wire.writer.write(handshake())
        head = await wire.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert ACCEPT in head
        assert b"extensions" not in head.lower()
        return wire

    async def send(self, data: bytes, pieces: int = 1, rng: random.Random | None = None) -> None:
        """Send bytes, cut at random places into so many pieces; nothing if nobody is there any more."""
        rng = rng or random.Random(0)
        cuts = sorted(rng.randrange(len(data) + 1) for _ in range(pieces - 1))
        with suppress(ConnectionError):
            for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
                self.writer.write(data[start:end])
                await self.writer.drain()
                await asyncio.sleep(0)

    async def receive(self) -> Frame:
        """Take the next frame; at the end of the connection, one like a close frame with code 1006."""
        try:
            head, size = await self.reader.readexactly(2)
            if size >= 126:
                [size] = unpack(
                    ">H" if size == 126 else ">Q", await self.reader.readexactly(2 if size == 126 else 8)
                )
            payload = await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return Frame(Op.CLOSE, pack(">H", NO_FRAME))
        assert head & 0x70 == 0, "a server that was offered no extension must not set reserved bits"
        assert head & 0x80, "this server sends no fragments"
        return Frame(head & 15, payload)

    async def hang_up(self) -> None:
        """Close the connection."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def close_code(closing: Frame) -> int:
    """Read a close frame's code; 1005 if it has none."""
    return int.from_bytes(closing.payload[:2], "big") if closing.payload else NO_CODE
