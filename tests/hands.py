"""Hands that draw on, whatever becomes of their server: they come back, and note how long that took."""

import asyncio
import contextlib
import json
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import websockets
from websockets import ClientConnection, ConnectionClosed, InvalidMessage, InvalidStatus

from live.counts import Addable
from tests.live.drawings import DRAWINGS

_RETRY_S = 0.1


@dataclass
class Seen(Addable):
    """What a hand saw, or several."""

    answered: int = 0
    """Snapshots."""
    wrong: int = 0
    """Answers that were not the digit drawn."""
    errors: Counter[str] = field(default_factory=Counter)
    """Errors that came for answers, by code."""
    unanswered: int = 0
    """Snapshots whose session ended before their answer; they are sent again in the next."""
    cuts: Counter[str] = field(default_factory=Counter)
    """How sessions ended: the close code, or "none"."""
    refusals: Counter[str] = field(default_factory=Counter)
    """What came instead of a session."""
    gaps_s: list[float] = field(default_factory=list)
    """From a cut to the next answer."""


@dataclass
class Hand:
    """One session after another, each begun when the one before it has ended."""

    url: str
    pause_s: float
    """Between an answer and the next snapshot."""
    tls: ssl.SSLContext | None = None
    seen: Seen = field(default_factory=Seen)
    _cut_at: float | None = None
    _is_waiting: bool = False

    async def draw(self) -> None:
        """Draw until cancelled."""
        while True:
            try:
                async with self._connect() as session:
                    await session.recv()
                    await self._draw_in(session)
            except ConnectionClosed as end:
                self.seen.cuts[str(end.rcvd.code if end.rcvd else "none")] += 1
                self.seen.unanswered += self._is_waiting
                self._cut_at = self._cut_at or time.perf_counter()
            except (OSError, InvalidStatus, InvalidMessage, TimeoutError) as refusal:
                status = refusal.response.status_code if isinstance(refusal, InvalidStatus) else ""
                self.seen.refusals[f"{type(refusal).__name__} {status}".strip()] += 1
                await asyncio.sleep(_RETRY_S)

    def _connect(self) -> websockets.connect:
        return websockets.connect(self.url, ssl=self.tls, open_timeout=30, compression=None)

    async def _draw_in(self, session: ClientConnection) -> None:
        seq = 0
        while True:
            await session.send(json.dumps({"type": "ink", "seq": seq, "strokes": DRAWINGS["seven"]}))
            self._is_waiting = True
            while (answer := json.loads(await session.recv()))["type"] == "goaway":
                pass
            self._is_waiting = False
            self.seen.answered += 1
            if answer["type"] == "error":
                self.seen.errors[answer["code"]] += 1
            else:
                self.seen.wrong += answer["digit"] != 7
            if self._cut_at:
                self.seen.gaps_s.append(time.perf_counter() - self._cut_at)
                self._cut_at = None
            seq += 1
            with contextlib.suppress(TimeoutError):
                # Nothing comes but a goodbye, or the session's end.
                async with asyncio.timeout(self.pause_s):
                    while True:
                        await session.recv()


@dataclass
class Hands:
    """Many of them."""

    all: list[Hand]

    @property
    def seen(self) -> Seen:
        """What they have seen together so far."""
        return sum((hand.seen for hand in self.all), start=Seen())

    async def draw_once_more(self, timeout_s: float = 60) -> None:
        """Wait until every hand has had another answer. Raises TimeoutError."""
        before = [hand.seen.answered for hand in self.all]
        async with asyncio.timeout(timeout_s):
            for hand, count in zip(self.all, before, strict=True):
                while hand.seen.answered == count:  # noqa: ASYNC110, it is many hands that are waited for
                    await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def hands(
    url: str, count: int, pause_s: float = 0.2, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Hands]:
    """Have some hands draw, all of which have had their first answer."""
    drawing = Hands([Hand(url, pause_s, tls) for _ in range(count)])
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(hand.draw()) for hand in drawing.all]
        await drawing.draw_once_more()
        yield drawing
        for task in running:
            task.cancel()
