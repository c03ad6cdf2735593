"""One session on a live socket, and books of what it must be told: what `fuzz` speaks through."""

import asyncio
from collections.abc import Callable
from struct import pack
from typing import NamedTuple

from tests.chaos.promises import Books, Broken, Configuration, Sent, must
from tests.conftest import RunningServer
from tests.wire import MASK, Op, Wire, close_code, frame

MAX_NONSENSE = 8
"""In a row; one more, and the server would close."""
_PATIENCE_S = 10.0
_POLL_S = 0.002


class Form(NamedTuple):
    """How a message goes out."""

    pieces: int = 1
    """Writes to the socket."""
    cut: float | None = None
    """Where it is cut into two frames, if it is: a part of its length."""
    mask: bytes = MASK


class Speaker:
    """A connection; `enter` opens it. A task of its own reads, and writes into the books."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.books = Books()
        self.has_shown = False
        """A picture was sent."""
        self.seq, self.rev = -1, 0
        self.nonsense = 0
        """Messages in a row that were none."""
        self._may_read = asyncio.Event()
        self._may_read.set()
        # Frames go out in pieces: what answers a ping must not end up between two.
        self._turn = asyncio.Lock()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def enter(cls, server: RunningServer) -> "Speaker":
        """Open a session."""
        return cls(await Wire.open(server.host, server.port))

    def __repr__(self) -> str:
        return f"speaker(seq={self.seq}, rev={self.rev})"

    async def _read(self) -> int:
        """Read until the session is closed; return the code."""
        while True:
            await self._may_read.wait()
            found = await self.wire.receive()
            if found.op == Op.CLOSE:
                return close_code(found)
            if found.op == Op.TEXT:
                self.books.take(found.payload)
            elif found.op == Op.PONG:
                self.books.take_pong(found.payload)
            elif found.op == Op.PING:
                await self.put(frame(Op.PONG, found.payload))

    # ---- what is to come

    def number(self, gap: int = 1, is_new: bool = False) -> tuple[int, int]:
        """Number a snapshot that is to be taken: seq and rev."""
        self.seq += gap
        self.rev += is_new
        self.books.received += 1
        self.books.valid[self.seq] = Sent(self.rev, len(self.books.configurations) - 1)
        self.nonsense = 0
        return self.seq, self.rev

    def expect_error(self, code: str, *, is_numbered: bool = False, is_nonsense: bool = False) -> None:
        """Write down that an error is to come."""
        self.books.refused[code] += 1
        self.books.received += is_numbered
        self.nonsense = self.nonsense + 1 if is_nonsense else 0

    def expect_configured(self, model: str, include: list[str]) -> None:
        """Write down that a configuration is to be confirmed."""
        self.books.configurations.append(Configuration(model, include))
        self.nonsense = 0

    # ---- speaking

    async def send(self, op: Op, payload: bytes, form: Form = Form()) -> None:  # noqa: B008
        """Send a message."""
        if form.cut is None:
            await self.put(frame(op, payload, mask=form.mask), form.pieces)
            return
        cut = round(form.cut * len(payload))
        rest = frame(Op.CONTINUATION, payload[cut:], mask=form.mask)
        await self.put(frame(op, payload[:cut], fin=False, mask=form.mask) + rest, form.pieces)

    async def put(self, data: bytes, pieces: int = 1) -> None:
        """Send bytes."""
        async with self._turn:
            await self.wire.send(data, pieces)

    async def show_no_picture(self, noise: bytes, form: Form) -> None:
        """Send a picture that is none, and wait for the error."""
        # Newer ink would replace it, and nobody would learn that it was bad; so nothing else is on its way.
        await self.settle()
        self.seq += 1
        self.expect_error("bad_picture", is_numbered=True)
        await self.send(Op.BINARY, pack("<BBHII", 2, 1, 0, self.seq, self.rev) + noise, form)
        await self.settle()

    async def break_ink(self, strokes: bytes | None, form: Form) -> None:
        """Send ink that can't be read; whether its number can is for the server to say, and to stand by."""
        await self.settle()
        numbered = self.books.numbered
        self.books.refused["bad_message"] += 1
        if strokes is None:
            await self.send(Op.BINARY, pack("<BBHII", 1, 0, 3, self.seq + 1, self.rev) + b"\1", form)
        else:
            text = b'{"type":"ink","seq":%d,"strokes":%b}' % (self.seq + 1, strokes)
            await self.send(Op.TEXT, text, form)
        await self._until(lambda: self.books.errors.total() == self.books.refused.total())
        self.books.received += self.books.numbered - numbered
        self.nonsense = self.nonsense + 1 if self.books.numbered == numbered else 0

    # ---- listening

    async def turn_reading(self) -> None:
        """Read nothing for a while, or everything again."""
        if self._may_read.is_set():
            self._may_read.clear()
        else:
            self._may_read.set()

    async def settle(self) -> None:
        """Wait for everything that is owed, and check it. Raises Broken."""
        await self._until(lambda: self.books.is_settled)
        self.books.check()

    async def end(self, code: int) -> None:
        """Wait until the session is closed with a code. Raises Broken."""
        await self._until(self._reading.done)
        found = await self._reading
        must(found == code, f"close {code}, not {found}")
        await self.wire.hang_up()

    async def _until(self, is_so: Callable[[], bool]) -> None:
        self._may_read.set()
        # Counted, not timed: if this process, or the machine, was stopped for as long, what the server said
        # meanwhile is here, but not read yet.
        for _ in range(round(_PATIENCE_S / _POLL_S)):
            if is_so():
                return
            if self._reading.done():
                raise Broken(f"Expected an open session, got {await self._reading}: {self.books}")
            await asyncio.sleep(_POLL_S)
        raise Broken(f"Expected to settle, got nothing for {_PATIENCE_S} s: {self.books}")
