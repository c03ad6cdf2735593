"""A worker: one process, some of the sessions, one event loop.

    conductor: Start ─────────▶ open sessions ── they draw ──────────────────▶ end, settle, close
                    Opened ◀───────┘   ▲ Begin: measure   Tally every second ▶    Outcome ▶

In an open loop, pacer.py says when each is to draw; in a closed one, the server's answers do.
"""

import asyncio
import contextlib
import gc
import os
import signal
import time
from array import array
from collections import Counter
from multiprocessing.connection import Connection
from typing import NamedTuple

from picows import WSHandshakeError, ws_connect

from live.address import say_why
from live.files_limit import raise_file_limit
from live.load import frames
from live.load.alarm import clock
from live.load.books import Guarantee
from live.load.hand import Desk, Hand
from live.load.pacer import Pacer
from live.load.plan import Plan
from live.load.tally import Outcome, Tally
from live.messages import SUBPROTOCOL

_TICK_S = 1.0
_MAX_OPENING = 200
"""Handshakes under way at once in one process: a server's backlog is finite."""
_SETTLE_POLL_S = 0.02
_HEAR_POLL_S = 0.02
_READ_BUFFER_BYTES = 2048


class Start(NamedTuple):
    """Open the sessions, beginning at `at` (seconds of the monotonic clock)."""

    at: float


class Opened(NamedTuple):
    """All sessions are open, or refused."""

    sessions: int


class Begin(NamedTuple):
    """Measure from `at` on."""

    at: float


class Stop(NamedTuple):
    """Draw no more, and settle; once more: wait for no more answers."""


def work(plan: Plan, index: int, pipe: Connection) -> None:
    """Run one worker; `pipe` leads to the conductor. Called in a process of its own."""
    # They may reach the whole group; the conductor says what is to be done about it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise_file_limit()
    if hasattr(os, "nice"):
        os.nice(plan.niceness)
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    # A conductor that is gone needs no numbers.
    with contextlib.suppress(ConnectionError):
        asyncio.run(Worker(plan, index, pipe).run())


class Worker:
    """Every `plan.processes`-th session, from number `index` on."""

    def __init__(self, plan: Plan, index: int, pipe: Connection) -> None:
        self._plan = plan
        self._index = index
        self._pipe = pipe
        stamp = frames.stamp_json if plan.is_json else frames.stamp_binary
        motions = [frames.animate(drawing, plan.steps, plan.is_json) for drawing in plan.drawings]
        self._desk = Desk(motions, plan.steps, stamp, is_json=plan.is_json, model=plan.model)
        self._pacer = None if plan.is_closed else Pacer(plan, index)
        if self._pacer:
            self._desk.on_open = self._pacer.begin
        else:
            self._desk.on_open = lambda hand: hand.draw(clock())
            self._desk.on_answer = self._draw_next
        self._hands: list[Hand] = []
        self._headers = [("Sec-WebSocket-Protocol", SUBPROTOCOL)]
        if plan.token:
            self._headers.append(("Authorization", f"Bearer {plan.token}"))
        self._outcome = Outcome()
        self._left_at = 0.0
        self._is_hurried = False
        """Somebody did not want to wait for the last answers: the server may have been about to give them."""

    async def run(self) -> None:
        """Do what the conductor says, from opening to the end."""
        self._pipe.send(Opened(0))
        start = await self._hear()
        if not isinstance(start, Start):
            return
        # A collection takes longer than an answer, and this process ends soon.
        gc.disable()
        pacing = asyncio.create_task(self._pacer.run()) if self._pacer else None
        hearing = asyncio.create_task(self._hear())
        opening = asyncio.create_task(self._open_all(start.at))
        await asyncio.wait([opening, hearing], return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            return  # What is still under way ends with the loop.
        await opening
        self._pipe.send(Opened(self._outcome.opened))
        begin = await hearing
        if isinstance(begin, Begin):
            await self._measure(begin.at, asyncio.create_task(self._hear()))
        self._desk.is_drawing = False
        if pacing:
            pacing.cancel()
        await self._settle(asyncio.create_task(self._hear()))
        outcome = self._close_books()
        self._hand_over()
        self._pipe.send(outcome)

    async def _hear(self) -> Start | Begin | Stop:
        """Wait for the conductor's next word; one that is gone says Stop."""
        try:
            while not self._pipe.poll():  # noqa: ASYNC110 - a pipe is not to be awaited everywhere
                await asyncio.sleep(_HEAR_POLL_S)
            word: Start | Begin | Stop = self._pipe.recv()
        except (EOFError, OSError):
            return Stop()
        return word

    # ---- opening

    async def _open_all(self, at: float) -> None:
        plan = self._plan
        slots = asyncio.Semaphore(_MAX_OPENING)
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._index, plan.sessions, plan.processes):
                await asyncio.sleep(at + plan.ramp_s * number / plan.sessions - clock())
                await slots.acquire()
                tasks.create_task(self._open(number, at + plan.ramp_s + plan.opening_s)).add_done_callback(
                    lambda _: slots.release()
                )

    async def _open(self, number: int, until: float) -> None:
        started_at = clock()
        hand = None
        try:
            async with asyncio.timeout(until - started_at):
                if hand := await self._connect(number, started_at):
                    await hand.is_decided.wait()
                else:
                    self._outcome.refused["hung up"] += 1
        except WSHandshakeError as refusal:
            status = refusal.response.status if refusal.response else "no HTTP"
            self._outcome.refused[str(status)] += 1
        except TimeoutError:
            if not hand:
                self._outcome.refused["too late"] += 1
        except OSError as error:
            self._outcome.refused[say_why(error)] += 1
        if hand:
            self._add(hand)

    async def _connect(self, number: int, started_at: float) -> Hand | None:
        """Connect; the library has no hand, and no error, where the server hung up amid its answer."""
        _, hand = await ws_connect(
            lambda: Hand(self._desk, number, started_at),
            self._plan.url,
            extra_headers=self._headers,
            websocket_handshake_timeout=None,
            max_redirects=0,
            read_buffer_init_size=_READ_BUFFER_BYTES,
        )
        return hand if isinstance(hand, Hand) else None

    def _add(self, hand: Hand) -> None:
        self._hands.append(hand)
        if hand.is_open:
            self._outcome.opened += 1
        else:
            hand.books.broken.add(Guarantee.READY)
            self._outcome.refused[hand.stage.value] += 1
            if hand.close_code is None:
                hand.leave()

    def _draw_next(self, hand: Hand) -> None:
        if self._desk.is_drawing:
            hand.draw(clock())

    # ---- measuring

    async def _measure(self, begin: float, stopping: asyncio.Future[Start | Begin | Stop]) -> None:
        """Hand over a tally every second until told to stop; the first is of what came before."""
        await asyncio.sleep(begin - clock())
        self._hand_over()
        hands = [hand for hand in self._hands if hand.is_open]
        before = [hand.books.answered for hand in hands]
        cpu_s, began_at = time.process_time(), clock()
        at = begin
        while not stopping.done():
            at += _TICK_S
            await asyncio.wait([stopping], timeout=max(at - clock(), 0))
            self._hand_over()
        self._outcome.busy = (time.process_time() - cpu_s) / max(clock() - began_at, 1e-9)
        after = [hand.books.answered for hand in hands]
        self._outcome.answers_a_session = array("q", (b - a for a, b in zip(before, after, strict=True)))

    def _hand_over(self) -> None:
        tally, self._desk.tally = self._desk.tally, Tally()
        tally.limit_per_s = self._desk.limit_per_s
        self._pipe.send(tally)

    # ---- ending

    async def _settle(self, stopping: asyncio.Future[Start | Begin | Stop]) -> None:
        """Wait until every last snapshot is answered, but not for ever; then close."""
        until = clock() + self._plan.grace_s
        # An event for each of thousands would cost more.
        while clock() < until and not all(hand.is_done for hand in self._hands):
            await asyncio.sleep(_SETTLE_POLL_S)
            if stopping.done():
                until, self._is_hurried = 0.0, True
        self._left_at = clock()
        for hand in self._hands:
            if hand.close_code is None:
                hand.leave()
        while clock() < until and any(hand.close_code is None for hand in self._hands):  # noqa: ASYNC110
            await asyncio.sleep(_SETTLE_POLL_S)

    def _close_books(self) -> Outcome:
        now = clock()
        for hand in self._hands:
            # Who is never answered has waited at least until now.
            self._desk.tally.waits.extend([now - due for due in hand.unanswered])
        return sum(map(self._close, self._hands), start=self._outcome)

    def _close(self, hand: Hand) -> Outcome:
        books = hand.books
        if not hand.is_leaving:
            books.close(hand.close_code, hand.closed_at)
        else:
            books.close(is_excused=self._is_hurried)
            if self._left_at - books.goodbye_at >= self._plan.grace_s:
                books.broken.add(Guarantee.OPEN)
        return Outcome(
            connected=1,
            closed=Counter([] if hand.is_leaving else [str(hand.close_code)]),
            errors=books.errors,
            broken=Counter(books.broken),
            sent=books.sent,
            answered=books.answered,
            dropped=books.dropped,
            numbered_errors=books.numbered_errors,
            unanswered=len(hand.unanswered),
        )
