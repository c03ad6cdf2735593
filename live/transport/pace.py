"""The pace: when a session's socket is read.

Between connection and batcher. Whatever comes is read as it comes, unless its sender is fast, sending more
than is answered, and whole batches of others go first: then what is read could only be superseded, and a read
costs as much as five frames do. So a fast session is read just before its batch is cut, and then only once it
is answered: it queues again, empty-handed, for what must have come meanwhile. Flooded with five times what it
can answer, the server reads 1.2 times for an answer instead of 2.5.
"""

import asyncio
from enum import Enum
from typing import Any

from live.batcher import Batcher
from live.lanes import Waiter
from live.transport.shortcut import Shortcut


class Reading(Enum):
    """OPEN ⇄ FAR → NEAR → DONE → FAR or OPEN; NEAR → OPEN; any → OPEN; any → BREAK.

    OPEN: whatever comes. FAR: nothing, as whole batches of others go first. NEAR: whatever comes, as the
    session is in the next batch. DONE: nothing, as the session was read for that batch.
    BREAK: nothing for a while, as what came was refused.
    """

    OPEN = "open"
    FAR = "far"
    NEAR = "near"
    DONE = "done"
    BREAK = "break"


class Pace:
    """When one session is read. Its connection's tasks and the batcher call it, in one event loop.

    The waiter is passed in with each call. Were it kept, the two would refer to each other, and stay in
    memory until the garbage collector came.
    """

    def __init__(self, batcher: Batcher[Any, Any]) -> None:
        self.reading = Reading.OPEN
        self._batcher = batcher
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._is_ending = False
        self._is_fast = self._was_fast = False
        """It superseded a snapshot since its last batch was cut, or before that since the one before."""
        self._rests = self._rests_seen = 0
        self.shortcut: Shortcut | None = None
        """Where to hold what comes, too."""

    @property
    def is_resting(self) -> bool:
        """Nothing is to be read now."""
        return not self._may_read.is_set()

    async def rest(self) -> None:
        """Wait until something is to be read."""
        await self._may_read.wait()

    def put(self, waiter: Waiter[Any, Any]) -> None:
        """Queue the session, which has something new."""
        self._batcher.put(waiter)
        is_fast = (self._is_fast or self._was_fast) and not self._is_ending
        if is_fast and self._batcher.far(waiter, self._come_near):
            self._rest(Reading.FAR)

    def superseded(self, has_more: bool) -> None:
        """Note that what was taken in superseded something; has_more: others were read, and come next."""
        self._is_fast = True
        if self.reading is Reading.NEAR and not has_more:
            self._rest(Reading.DONE)

    def was_cut(self, is_in: bool) -> None:
        """Note that the session's batch was cut, whether the session had something for it or not."""
        self._is_fast, self._was_fast = False, self._is_fast
        if self.reading is Reading.NEAR or not is_in:
            self.read_on()

    def was_answered(self, waiter: Waiter[Any, Any]) -> None:
        """Note that what the batch had of the session is answered."""
        if self.reading is Reading.DONE:
            self.put(waiter)
            if self.reading is Reading.DONE:
                self.read_on()

    def take_break(self, seconds: float) -> None:
        """Have nothing read for a while."""
        self._rest(Reading.BREAK)
        asyncio.get_running_loop().call_later(seconds, self.read_on)

    def check(self) -> None:
        """Have whatever comes read if nothing was since the last check, however slowly the queue moves."""
        if self.is_resting and self._rests == self._rests_seen:
            self.read_on()
        self._rests_seen = self._rests

    def read_on(self) -> None:
        """Have whatever comes read."""
        self._read(Reading.OPEN)

    def end(self) -> None:
        """Have whatever comes read from now on: the session is to end, and owes answers."""
        self._is_ending = True
        self.read_on()

    def _come_near(self) -> None:
        self._read(Reading.NEAR)

    def _read(self, reading: Reading) -> None:
        self.reading = reading
        self._may_read.set()
        if self.shortcut:
            self.shortcut.go_on()

    def _rest(self, reading: Reading) -> None:
        self.reading = reading
        self._rests += 1
        self._may_read.clear()
        if self.shortcut:
            self.shortcut.hold()
