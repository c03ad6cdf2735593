"""Well-behaved sessions that draw on whatever happens, and keep books: in a process of its own.

Each holds a seat: it draws, comes back when it was cut off, and is let go only at the end. `look` says what
has happened since the last look. Books and hands are the load tester's, whose sessions do not come back.
"""

import asyncio
import multiprocessing
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import NamedTuple, Self

import numpy as np
from picows import WSHandshakeError, ws_connect

from live import ink_file
from live.counts import Addable
from live.files_limit import raise_file_limit
from live.load import frames
from live.load.alarm import clock
from live.load.hand import Desk, Hand
from live.load.tally import Tally
from live.messages import SUBPROTOCOL
from tests.chaos import network

_STEPS = 16
_PATIENCE_S = 5.0
"""For one connection to be made, and for a last answer."""
_CUT_OFF = 1006


class Habits(NamedTuple):
    """How they draw."""

    url: str
    sessions: int = 50
    rate: float = 5.0
    """Snapshots a second from each."""
    stay_s: float = 0.0
    """How long each stays on average before it leaves and comes again; 0: for good."""
    network: str = ""
    """The network namespace that they are in, if not the server's."""


@dataclass
class Seen(Addable):
    """What can be added up of what happened."""

    sent: int = 0
    answered: int = 0
    closes: Counter[int] = field(default_factory=Counter)
    """Connections that the server ended, by code."""
    unanswered: int = 0
    """Of those, whose last snapshot had no answer; it was sent again on the next connection."""
    refusals: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)


@dataclass
class Phase:
    """What happened between two looks."""

    seen: Seen = field(default_factory=Seen)
    sessions: int = 0
    answering: int = 0
    """Sessions that were answered at least once."""
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    longest_s: float = 0.0
    """The longest that any session that wanted an answer went without."""


class Crowd:
    """The sessions, from outside."""

    def __init__(self, habits: Habits) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, self._theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(habits, self._theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        # Then the pipe ends with the process.
        self._theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def look(self, *, is_last: bool = False) -> Phase:
        """Say what has happened since the last look; the last waits for the last answers, and leaves.

        Raises OSError or EOFError when the crowd has died, and TimeoutError when it says nothing.
        """
        self._pipe.send(is_last)
        if not self._pipe.poll(60):
            raise TimeoutError("Expected the crowd to say how it is, but it does not")
        phase: Phase = self._pipe.recv()
        return phase


def _run(habits: Habits, pipe: Connection) -> None:
    raise_file_limit()
    if habits.network:
        network.enter(habits.network)
    asyncio.run(_Room(habits).run(pipe))


class _Room:
    """All seats, and what they note."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.is_ending = False
        self.phase = Phase()
        motions = [frames.animate(drawing, _STEPS, False) for drawing in ink_file.read(ink_file.EXAMPLES)]
        self.desk = Desk(motions, _STEPS, frames.stamp_binary, is_json=False, model="")
        self.random = random.Random(0)

    async def run(self, pipe: Connection) -> None:
        loop = asyncio.get_running_loop()
        seats = [_Seat(self, number) for number in range(self.habits.sessions)]
        async with asyncio.TaskGroup() as tasks:
            for seat in seats:
                tasks.create_task(seat.keep())
            while not self.is_ending:
                self.is_ending = await loop.run_in_executor(None, pipe.recv)
                if not self.is_ending:
                    pipe.send(self._sum_up(seats))
        pipe.send(self._sum_up(seats))

    def _sum_up(self, seats: "list[_Seat]") -> Phase:
        tally, self.desk.tally = self.desk.tally, Tally()
        phase, self.phase = self.phase, Phase()
        phase.sessions = len(seats)
        phase.seen.sent, phase.seen.answered = tally.sent, tally.answered
        if tally.latencies:
            phase.p50_ms, phase.p99_ms = (np.percentile(tally.latencies, [50, 99]) * 1e3).tolist()
        for seat in seats:
            answers, longest_s = seat.look()
            phase.answering += answers > 0
            phase.longest_s = max(phase.longest_s, longest_s)
        return phase


class _Seat:
    """One who draws, over connections that come and go."""

    def __init__(self, room: _Room, number: int) -> None:
        self._room = room
        self._number = number
        self._heard_at = clock()
        self._longest_s = 0.0
        self._answers = 0
        self._known = 0

    def look(self) -> tuple[int, float]:
        """Count the answers since the last look, and the longest time without any."""
        now = clock()
        found = self._answers, max(self._longest_s, now - self._heard_at)
        self._answers, self._longest_s = 0, 0.0
        return found

    async def keep(self) -> None:
        room = self._room
        self._heard_at = clock()
        while not room.is_ending:
            hand = await self._sit_down()
            if hand:
                self._known = 0
                await self._draw(hand)
            else:
                await asyncio.sleep(room.random.uniform(0.05, 0.2))

    async def _sit_down(self) -> Hand | None:
        refusals = self._room.phase.seen.refusals
        try:
            async with asyncio.timeout(_PATIENCE_S):
                _, hand = await ws_connect(
                    lambda: Hand(self._room.desk, self._number, clock()),
                    self._room.habits.url,
                    extra_headers=[("Sec-WebSocket-Protocol", SUBPROTOCOL)],
                )
        except WSHandshakeError as refusal:
            refusals[str(refusal.response.status) if refusal.response else "hung up on"] += 1
        except TimeoutError:
            refusals["not answered"] += 1
        except OSError as error:
            refusals[os.strerror(error.errno) if error.errno else str(error)] += 1
        else:
            # picows has none to give where the connection ended with the handshake.
            if isinstance(hand, Hand):
                return hand
            refusals["hung up on"] += 1
        return None

    async def _draw(self, hand: Hand) -> None:
        room, gap_s = self._room, 1 / self._room.habits.rate
        stay_s = room.random.expovariate(1 / room.habits.stay_s) if room.habits.stay_s else float("inf")
        due = clock() + room.random.random() * gap_s
        until = due + stay_s
        while hand.close_code is None and not room.is_ending and due < until:
            await asyncio.sleep(due - clock())
            self._note(hand)
            hand.draw(due)
            # After a pause of this process, say, it draws on from now.
            due = max(due + gap_s, clock() - gap_s)
        give_up_at = clock() + _PATIENCE_S
        while not hand.is_done and clock() < give_up_at:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        self._note(hand)
        is_cut = hand.close_code is not None
        hand.leave()
        self._close(hand, is_cut)

    def _note(self, hand: Hand) -> None:
        now, books = clock(), hand.books
        answers = books.answered + books.numbered_errors
        if answers > self._known:
            self._longest_s = max(self._longest_s, now - self._heard_at)
            self._heard_at = now
        self._answers += answers - self._known
        self._known = answers

    def _close(self, hand: Hand, is_cut: bool) -> None:
        seen, books = self._room.phase.seen, hand.books
        seen.errors += books.errors
        if is_cut:
            seen.closes[hand.close_code or 0] += 1
            # What was superseded by a snapshot that failed, only a prediction after it could have told.
            is_settled = books.is_last_answered if books.errors else books.is_settled
            seen.unanswered += not is_settled
        # Who is cut off without a word has been told nothing false, at least.
        is_excused = is_cut and (hand.has_goodbye or hand.close_code == _CUT_OFF)
        books.close(hand.close_code if is_cut else None, is_excused=is_excused)
        seen.broken += Counter(guarantee.value for guarantee in books.broken)
