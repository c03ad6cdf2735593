"""Streams of bytes, and what our websocket must answer to each: RFC 6455, case by case."""

import json
from collections.abc import Iterator
from struct import pack
from typing import NamedTuple

from tests.live.drawings import DRAWINGS, binary_ink
from tests.wire import NO_CODE, Op, close, fragments, frame

MAX_FRAME = 65_536
"""What the server is started with."""
WRONG, NOT_TEXT, TOO_BIG = 1002, 1007, 1009
CONFIGURE = b'{"type":"configure"}'
SEVEN = [[(round(x * 50), round(y * 50)) for x, y in stroke] for stroke in DRAWINGS["seven"]]
INK = binary_ink(SEVEN, 7)


class Case(NamedTuple):
    """Bytes, and what they are answered with: texts and pongs in their order, or the end."""

    name: str
    data: bytes
    texts: tuple[str, ...] = ()
    """The type of each message; of an error the code, of a prediction the seq too."""
    pongs: tuple[bytes, ...] = ()
    closes: tuple[int, ...] = ()
    """Codes that the server may close with; none: the session goes on."""


def cases() -> Iterator[Case]:
    """List them all."""
    for family in (lengths, masks, controls, fragmented, reserved, encoded, closing):
        for case in family():
            yield case._replace(name=f"{family.__name__}: {case.name}")


def padded(size: int) -> bytes:
    """Make a message of that many bytes."""
    return CONFIGURE + b" " * (size - len(CONFIGURE))


def lengths() -> Iterator[Case]:
    """Every encoding of a length, at its edges."""
    for size in (20, 124, 125, 126, 127, 128, 65_534, 65_535, MAX_FRAME):
        yield Case(f"{size} bytes", frame(Op.TEXT, padded(size)), ("configured",))
    yield Case("one byte too many", frame(Op.TEXT, padded(MAX_FRAME + 1)), closes=(TOO_BIG,))
    yield Case("too many in all", fragments(Op.TEXT, [padded(MAX_FRAME), b" "]), closes=(TOO_BIG,))
    for claimed in (1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1):
        head = b"\x82\xff" + pack(">Q", claimed) + bytes(4)
        yield Case(f"{claimed} bytes claimed", head, closes=(TOO_BIG, WRONG))
    yield Case("no bytes, text", frame(Op.TEXT), ("bad_message",))
    yield Case("no bytes, binary", frame(Op.BINARY), ("bad_message",))
    for form in (126, 127):
        # Not the shortest form: a server may say so or read it, but nothing in between.
        yield Case(
            f"a length longer than need be, {form}", frame(Op.TEXT, CONFIGURE, form=form), ("configured",)
        )
    many = b"".join(frame(Op.TEXT, padded(20 + n)) for n in range(120))
    yield Case("many in one go", many, ("configured",) * 120)
    both = frame(Op.BINARY, INK) + frame(Op.TEXT, CONFIGURE) + frame(Op.BINARY, INK)
    yield Case("binary and text", both, ("configured", "stale_seq", "prediction 7"))


def masks() -> Iterator[Case]:
    """Masking: required, and whatever the mask."""
    for mask in (bytes(4), b"\xff" * 4, b"\0\0\0\1", b"\x80\0\0\0"):
        yield Case(f"text, {mask.hex()}", frame(Op.TEXT, CONFIGURE, mask=mask), ("configured",))
        yield Case(f"ink, {mask.hex()}", frame(Op.BINARY, INK, mask=mask), ("prediction 7",))
    for op in (Op.TEXT, Op.BINARY, Op.PING, Op.CLOSE):
        yield Case(f"none, {op.name}", frame(op, b"\x03\xe8{}", mask=None), closes=(WRONG,))


def controls() -> Iterator[Case]:
    """Pings, pongs, and what they may not be."""
    for payload in (b"", b"x", b"\0\xff\xfe", bytes(range(125))):
        yield Case(f"ping of {len(payload)} bytes", frame(Op.PING, payload), pongs=(payload,))
        yield Case(f"pong of {len(payload)} bytes, not asked for", frame(Op.PONG, payload))
    pings = tuple(b"%d" % n for n in range(100))
    yield Case("a hundred pings", b"".join(frame(Op.PING, p) for p in pings), pongs=pings)
    for op in (Op.PING, Op.PONG, Op.CLOSE):
        yield Case(f"{op.name} of 126 bytes", frame(op, b"\x03\xe8" + b"x" * 124), closes=(WRONG,))
        yield Case(f"{op.name} in fragments", frame(op, b"\x03\xe8", fin=False), closes=(WRONG,))
        yield Case(f"{op.name} with a long length", frame(op, b"\x03\xe8" + bytes(200)), closes=(WRONG,))
    mixed = frame(Op.PING, b"1") + frame(Op.TEXT, CONFIGURE) + frame(Op.PING, b"2") + frame(Op.PONG)
    yield Case("between messages", mixed, ("configured",), (b"1", b"2"))


def fragmented() -> Iterator[Case]:
    """Messages in pieces, and what may come between those."""
    for name, pieces in (
        ("in two", [CONFIGURE[:9], CONFIGURE[9:]]),
        ("byte by byte", [CONFIGURE[i : i + 1] for i in range(len(CONFIGURE))]),
        ("with empty pieces", [b"", CONFIGURE[:3], b"", b"", CONFIGURE[3:], b""]),
    ):
        yield Case(f"text {name}", fragments(Op.TEXT, pieces), ("configured",))
    for cut in (1, 4, 12, 13, len(INK) - 1):
        yield Case(f"ink cut at {cut}", fragments(Op.BINARY, [INK[:cut], INK[cut:]]), ("prediction 7",))
    ping = frame(Op.PING, b"between")
    pieces = [CONFIGURE[:5], CONFIGURE[5:10], CONFIGURE[10:]]
    yield Case("pings between", fragments(Op.TEXT, pieces, ping), ("configured",), (b"between",) * 2)
    yield Case("pongs between", fragments(Op.TEXT, pieces, frame(Op.PONG)), ("configured",))
    yield Case("close between", fragments(Op.TEXT, pieces, close(1000)), closes=(1000,))
    yield Case("nothing", fragments(Op.TEXT, [b"", b"", b""]), ("bad_message",))
    yield Case("nothing to continue", frame(Op.CONTINUATION, CONFIGURE), closes=(WRONG,))
    yield Case("no end", frame(Op.CONTINUATION, CONFIGURE, fin=False), closes=(WRONG,))
    after = fragments(Op.TEXT, pieces) + frame(Op.CONTINUATION, b"{}")
    yield Case("more after the end", after, ("configured",), closes=(WRONG,))
    for op in (Op.TEXT, Op.BINARY):
        begun = frame(Op.TEXT, CONFIGURE, fin=False) + frame(op, CONFIGURE)
        yield Case(f"{op.name} in the middle", begun, closes=(WRONG,))
    two = fragments(Op.TEXT, pieces) + frame(Op.BINARY, INK) + fragments(Op.TEXT, [b"{", b"}"])
    yield Case("then whole, then in pieces", two, ("bad_message", "configured", "prediction 7"))


def reserved() -> Iterator[Case]:
    """Bits and opcodes that mean nothing here; bit 4 would be a compressed message."""
    for rsv in range(1, 8):
        for op in (Op.TEXT, Op.BINARY, Op.PING, Op.CLOSE):
            yield Case(f"bits {rsv}, {op.name}", frame(op, CONFIGURE, rsv=rsv), closes=(WRONG,))
        later = frame(Op.TEXT, CONFIGURE[:4], fin=False) + frame(Op.CONTINUATION, CONFIGURE[4:], rsv=rsv)
        yield Case(f"bits {rsv} in a continuation", later, closes=(WRONG,))
    for op in (*range(3, 8), *range(11, 16)):
        yield Case(f"opcode {op}", frame(op, b""), closes=(WRONG,))
        yield Case(
            f"opcode {op} after a message",
            frame(Op.TEXT, CONFIGURE) + frame(op, b"x"),
            ("configured",),
            (),
            (WRONG,),
        )


def encoded() -> Iterator[Case]:
    """Texts in UTF-8, and what isn't."""
    text = json.dumps(
        {"type": "configure", "name": "zéro κόσμε 数字 🖊 \U0010ffff"}, ensure_ascii=False
    ).encode()
    first = next(i for i, byte in enumerate(text) if byte > 127)
    yield Case("all lengths of characters", frame(Op.TEXT, text), ("configured",))
    for cut in range(first, len(text)):
        yield Case(f"cut at {cut}", fragments(Op.TEXT, [text[:cut], text[cut:]]), ("configured",))
    for name, wrong in (
        ("lone continuation", b"\x80"), ("two of them", b"\xbf\xbf"), ("impossible byte", b"\xfe"),
        ("cut off, of 2", b"\xc3"), ("cut off, of 3", b"\xe6\x95"), ("cut off, of 4", b"\xf0\x9f\x96"),
        ("overlong slash", b"\xc0\xaf"), ("overlong of 3", b"\xe0\x80\xaf"),
        ("overlong of 4", b"\xf0\x80\x80\xaf"),
        ("surrogate", b"\xed\xa0\x80"), ("pair of surrogates", b"\xed\xa0\x80\xed\xbf\xbf"),
        ("beyond Unicode", b"\xf4\x90\x80\x80"), ("five bytes", b"\xf8\x88\x80\x80\x80"),
    ):  # fmt: skip
        for where, data in (
            ("first", wrong + CONFIGURE),
            ("inside", b'{"type":"configure","name":"' + wrong + b'"}'),
            ("last", CONFIGURE + wrong),
        ):
            yield Case(f"{name}, {where}", frame(Op.TEXT, data), closes=(NOT_TEXT,))
        halves = fragments(Op.TEXT, [CONFIGURE + wrong[:1], wrong[1:]])
        yield Case(f"{name}, in two", halves, closes=(NOT_TEXT,))


def closing() -> Iterator[Case]:
    """Close frames: what they may say, and that nothing counts after one."""
    yield Case("without a code", frame(Op.CLOSE), closes=(NO_CODE,))
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        yield Case(f"{code}", close(code), closes=(code,))
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535):
        yield Case(f"{code}, which may not be sent", close(code), closes=(WRONG,))
    yield Case("half a code", frame(Op.CLOSE, b"\x03"), closes=(WRONG,))
    yield Case("a long reason", close(1000, b"x" * 123), closes=(1000,))
    yield Case("a reason in UTF-8", close(1000, "κόσμε".encode()), closes=(1000,))
    yield Case("a reason that is not", close(1000, b"\xff\xfe"), closes=(NOT_TEXT,))
    for name, late in (
        ("message", frame(Op.TEXT, b"{}")),
        ("ping", frame(Op.PING)),
        ("close", close(1001)),
        ("rubbish", b"\xff" * 40),
    ):
        yield Case(f"a {name} after it", close(1000) + late, closes=(1000,))
    yield Case("after messages", frame(Op.TEXT, CONFIGURE) + close(1000), ("configured",), closes=(1000,))
