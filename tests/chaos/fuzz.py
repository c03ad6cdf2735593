"""Random sessions on a live socket, against books of what the server must answer.

Each step does something that a client might: configure, draw in JSON or binary, whole or in parts, send
pictures, go back in seq or rev, send nonsense, ping, stop reading for a while, close one half or both,
vanish, break the websocket's rules; and begin anew.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from struct import pack

from tests.chaos.promises import Books, Broken, must
from tests.conformance import SEVEN
from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.pages import draw, encoded
from tests.wire import MASK, NO_FRAME, Op, Wire, close, close_code, frame

_AT_ONCE = 8
_PATIENCE_S = 60.0
_POLL_S = 0.002
_MAX_NONSENSE = 8
"""In a row; one more, and the server would close."""
_PICTURE = encoded(draw("six", side=40), "PNG")
_NONSENSE = (b"", b"?", b"{}", b"[]", b'{"type":0}', b"\x09" * 11)
_BROKEN_STROKES = (b"[[[0]]]", b'[[["x",1]]]', b"7", b"[[[NaN,1]]]", b"[[[1e999,1]]]")
_BROKEN_FRAMES = (
    (frame(3, b"x"), 1002),
    (frame(Op.TEXT, b"{}", rsv=4), 1002),
    (frame(Op.TEXT, b"{}", mask=None), 1002),
    (frame(Op.PING, fin=False), 1002),
    (frame(Op.PING, bytes(126)), 1002),
    (frame(Op.CONTINUATION, b"x"), 1002),
    (frame(Op.TEXT, b"\xff\xfe"), 1007),
    (b"\x82\xff" + pack(">Q", 1 << 40) + MASK, 1009),
)
"""And the close code that RFC 6455 has for each."""


class Client:
    """One after another, sessions of random steps."""

    def __init__(self, server: RunningServer, rng: random.Random) -> None:
        self.steps: Counter[str] = Counter()
        self._server = server
        self._rng = rng
        self._is_in = False
        self._may_read = asyncio.Event()
        # Frames go out in pieces: what answers a ping must not end up between two.
        self._turn = asyncio.Lock()

    async def run(self, steps: int) -> None:
        """Take so many steps. Raises Broken."""
        actions: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._draw, 40), (self._draw_json, 15), (self._show_picture, 2), (self._show_no_picture, 1),
            (self._go_back, 6), (self._configure, 6), (self._misconfigure, 2), (self._talk_nonsense, 6),
            (self._break_ink, 5), (self._ping, 5), (self._pause, 3), (self._settle, 4), (self._leave, 2),
            (self._half_close, 1), (self._vanish, 1), (self._break_frame, 2),
        ]  # fmt: skip
        kinds, weights = zip(*actions, strict=True)
        for _ in range(steps):
            if not self._is_in:
                await self._enter()
            [action] = self._rng.choices(kinds, weights)
            self.steps[action.__name__.strip("_").replace("_", " ")] += 1
            await action()
        if self._is_in:
            await self._leave()

    # ---- coming and going

    async def _enter(self) -> None:
        self._wire = await Wire.open(self._server.host, self._server.port)
        self._books = Books()
        self._has_shown = False
        self._seq, self._rev, self._nonsense = -1, 0, 0
        self._may_read.set()
        self._reading = asyncio.create_task(self._read(self._wire, self._books))
        self._is_in = True

    async def _read(self, wire: Wire, books: Books) -> int:
        """Read until the session is closed; return the code."""
        while True:
            await self._may_read.wait()
            found = await wire.receive()
            if found.op == Op.CLOSE:
                return close_code(found)
            if found.op == Op.TEXT:
                books.take(found.payload)
            elif found.op == Op.PONG:
                books.take_pong(found.payload)
            elif found.op == Op.PING:
                async with self._turn:
                    await wire.send(frame(Op.PONG, found.payload))

    async def _leave(self) -> None:
        await self._settle()
        code = self._rng.choice((1000, 1001, 4000))
        await self._put(close(code))
        await self._end(code)

    async def _half_close(self) -> None:
        """Send no more; the server may hang up."""
        await self._draw()
        self._wire.writer.write_eof()
        await self._end(NO_FRAME)

    async def _vanish(self) -> None:
        await self._put(frame(Op.BINARY, binary_ink(SEVEN, *self._next()))[: self._rng.randrange(60)])
        self._wire.writer.transport.abort()
        await self._end(NO_FRAME)

    async def _break_frame(self) -> None:
        data, code = self._rng.choice(_BROKEN_FRAMES)
        # Whole: what comes after a close has the connection reset, and the close may not be read.
        async with self._turn:
            await self._wire.send(data)
        await self._end(code)

    async def _end(self, code: int) -> None:
        """Wait until the session is closed with a code."""
        self._may_read.set()
        found = await asyncio.wait_for(self._reading, _PATIENCE_S)
        must(found == code, f"close {code}, not {found}")
        await self._wire.hang_up()
        self._is_in = False

    async def _pause(self) -> None:
        """Read nothing for a while, or everything again."""
        if self._may_read.is_set():
            self._may_read.clear()
        else:
            self._may_read.set()

    async def _settle(self) -> None:
        """Wait for everything that is owed, and check it."""
        self._may_read.set()
        await self._until(lambda: self._books.is_settled)
        self._books.check()

    async def _until(self, is_so: Callable[[], bool]) -> None:
        self._may_read.set()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not is_so():
                    if self._reading.done():
                        raise Broken(f"Expected an open session, got {await self._reading}: {self._books}")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise Broken(f"Expected to settle, got nothing for {_PATIENCE_S} s: {self._books}") from None

    # ---- sending

    async def _send(self, op: Op, payload: bytes) -> None:
        if len(payload) > 2 and self._rng.random() < 0.2:
            cut = self._rng.randrange(len(payload))
            data = frame(op, payload[:cut], fin=False) + frame(Op.CONTINUATION, payload[cut:])
        else:
            data = frame(op, payload, mask=self._rng.choice((MASK, bytes(4), self._rng.randbytes(4))))
        await self._put(data)

    async def _put(self, data: bytes) -> None:
        async with self._turn:
            await self._wire.send(data, self._rng.choice((1, 1, 1, 2, 5)), self._rng)

    def _next(self) -> tuple[int, int]:
        """Number a snapshot that is to be taken."""
        self._seq += self._rng.choice((1, 1, 1, 2, 100))
        self._rev += self._rng.random() < 0.1
        self._books.received += 1
        self._books.valid[self._seq] = self._rev
        self._nonsense = 0
        return self._seq, self._rev

    def _strokes(self) -> list[list[tuple[int, int]]]:
        if self._rng.random() < 0.1:
            odd: list[list[list[tuple[int, int]]]] = [[], [[]], [[(5, 5)]], [[(0, 0)] * 40]]
            return self._rng.choice(odd)
        drawing = self._rng.choice(list(DRAWINGS.values()))
        strokes = [[(round(x * 20), round(y * 20)) for x, y in stroke] for stroke in drawing]
        return strokes[: self._rng.randint(1, len(strokes))]

    async def _draw(self) -> None:
        for _ in range(self._rng.choice((1, 1, 3, 20))):
            await self._send(Op.BINARY, binary_ink(self._strokes(), *self._next()))

    async def _draw_json(self) -> None:
        seq, rev = self._next()
        ink = {"type": "ink", "seq": seq, "rev": rev, "strokes": self._strokes()}
        await self._send(Op.TEXT, json.dumps(ink).encode())

    async def _show_picture(self) -> None:
        # Those aren't to be explained: that takes a library which loads for seconds, or isn't there.
        if "explanation" not in self._books.included:
            self._has_shown = True
            await self._send(Op.BINARY, pack("<BBHII", 2, 1, 0, *self._next()) + _PICTURE)

    async def _show_no_picture(self) -> None:
        # Newer ink would replace it, and nobody would learn that it was bad; so nothing else is on its way.
        await self._settle()
        self._seq += 1
        self._books.received += 1
        self._books.refused["bad_picture"] += 1
        self._nonsense = 0
        data = pack("<BBHII", 2, 1, 0, self._seq, self._rev) + self._rng.randbytes(60)
        await self._send(Op.BINARY, data)
        await self._settle()

    async def _go_back(self) -> None:
        if self._seq < 0:
            return
        self._books.received += 1
        self._books.refused["stale_seq"] += 1
        self._nonsense = 0
        is_rev = self._rev > 0 and self._rng.random() < 0.3
        seq, rev = (self._seq + 1, self._rev - 1) if is_rev else (self._seq, self._rev)
        await self._send(Op.BINARY, binary_ink(SEVEN, seq, rev))

    async def _configure(self) -> None:
        model = self._rng.choice(("mlp", "compact"))
        include = ["input"] * self._rng.randrange(2)
        include += ["explanation"] * (not self._has_shown and self._rng.random() < 0.5)
        self._books.configurations.append((model, include))
        self._books.models.add(model)
        self._books.included.update(include)
        self._nonsense = 0
        wanted = {"type": "configure", "model": model, "include": include}
        await self._send(Op.TEXT, json.dumps(wanted).encode())

    async def _misconfigure(self) -> None:
        self._books.refused["unknown_model"] += 1
        self._nonsense = 0
        await self._send(Op.TEXT, b'{"type":"configure","model":"nobody"}')

    async def _talk_nonsense(self) -> None:
        if self._nonsense < _MAX_NONSENSE:
            self._nonsense += 1
            self._books.refused["bad_message"] += 1
            await self._send(self._rng.choice((Op.TEXT, Op.BINARY)), self._rng.choice(_NONSENSE))

    async def _break_ink(self) -> None:
        """Send ink that can't be read; whether its number can is for the server to say, and to stand by."""
        if self._nonsense == _MAX_NONSENSE:
            return
        await self._settle()
        numbered = self._books.numbered
        self._books.refused["bad_message"] += 1
        if self._rng.random() < 0.5:
            await self._send(Op.BINARY, pack("<BBHII", 1, 0, 3, self._seq + 1, self._rev) + b"\1")
        else:
            strokes = self._rng.choice(_BROKEN_STROKES)
            await self._send(Op.TEXT, b'{"type":"ink","seq":%d,"strokes":%b}' % (self._seq + 1, strokes))
        await self._until(lambda: self._books.errors.total() == self._books.refused.total())
        self._books.received += self._books.numbered - numbered
        self._nonsense += self._books.numbered == numbered

    async def _ping(self) -> None:
        payload = self._rng.randbytes(self._rng.randrange(126))
        self._books.pings.append(payload)
        await self._put(frame(Op.PING, payload))


async def fuzz(server: RunningServer, steps: int, seed: int) -> Counter[str]:
    """Take so many steps, in some sessions at once; count them by kind. Raises Broken."""
    clients = [Client(server, random.Random(seed * 1000 + number)) for number in range(_AT_ONCE)]
    async with asyncio.TaskGroup() as tasks:
        for client in clients:
            tasks.create_task(client.run(-(-steps // _AT_ONCE)))
    return sum((client.steps for client in clients), Counter())


def run(steps: int, seed: int) -> bool:
    """Fuzz a server of its own, print what was done, and return whether the server ended well."""
    with running_server() as server:
        done = asyncio.run(fuzz(server, steps, seed))
        code = server.stop()
    print(f"{done.total():,} steps: {', '.join(f'{name} {n:,}' for name, n in done.most_common())}")
    print(f"Everything promised was kept; exit code {code}")
    return code == 0
