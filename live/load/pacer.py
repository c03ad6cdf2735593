"""The pacer: when each session of a worker draws, in an open loop.

One heap of due times for all, so that a late snapshot is seen to be late: its clock starts when it was due,
not when it was sent.
"""

import heapq
import random

from live.load.alarm import Alarm, clock
from live.load.hand import Hand
from live.load.plan import Plan

_MAX_BURST = 100
"""Snapshots sent before answers are looked at again."""
_FEW_PER_S = 5_000
"""Snapshots of one process."""
_NAP_S, _LONG_NAP_S = 2e-4, 1e-3
"""What is due within it is drawn together at its end. With few snapshots they are as punctual as that: 0.1 ms
late at the median instead of 0.6. With many, that took a tenth of a core from who is measured."""
_IDLE_S = 0.01


class Pacer:
    """Has the sessions draw that were begun, for ever; one task runs it."""

    def __init__(self, plan: Plan, index: int) -> None:
        """index: which of the plan's processes this is."""
        self._plan = plan
        self._random = random.Random(plan.seed * 1000 + index)
        is_few = plan.snapshots_per_s / plan.processes <= _FEW_PER_S
        self._nap_s = _NAP_S if is_few else _LONG_NAP_S
        self._due: list[tuple[float, int, int, Hand]] = []
        """A heap: when, the session's number, its step within a drawing, and itself."""

    def begin(self, hand: Hand) -> None:
        """Have a session draw from some time in its first period on: not all begin a drawing at once."""
        phase = self._random.random() * self._plan.turn_s
        hand.started_at += phase
        heapq.heappush(self._due, (clock() + phase, hand.number, 0, hand))

    async def run(self) -> None:
        """Draw what is due, for ever."""
        with Alarm() as alarm:
            while True:
                self._draw_due()
                now = clock()
                # No later than this: who opens meanwhile may be due before everyone in the heap.
                latest = now + _IDLE_S
                at = min(self._due[0][0], latest) if self._due else latest
                await alarm.until(at if at <= now else max(at, now + self._nap_s))

    def _draw_due(self) -> None:
        """Draw what is due by now, or some of it if that is much."""
        heap, steps = self._due, self._plan.steps
        gap_s, pause_s = 1 / self._plan.rate, self._plan.pause_s
        now = clock()
        left = _MAX_BURST
        while left > 0 and heap and heap[0][0] <= now:
            due, number, step, hand = heap[0]
            dues = []
            while due <= now:
                dues.append(due)
                is_last = step == steps - 1
                due += gap_s + pause_s if is_last else gap_s
                step = 0 if is_last else step + 1
            hand.draw(*dues)
            left -= len(dues)
            heapq.heapreplace(heap, (due, number, step, hand))
