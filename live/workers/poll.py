"""A poll of the workers: when one is asked for its metrics, all tell theirs, and it gets the totals.

supervisor → **poll** → totals. Only one is under way; who asks meanwhile is told its result.
"""

import math
import time
from collections import Counter
from typing import TYPE_CHECKING

from live.census import Board
from live.workers.orders import Tell, Totals
from live.workers.staff import Place, State, Worker
from live.workers.totals import add_up, tell_of_workers, what_stays

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_PATIENCE_S = 2.0
"""One that has not told by then is counted with what it told last."""


class Poll:
    """Gathers what workers have measured, those that have ended included."""

    def __init__(self, workers: list[Worker], places: list[Place], board: Board) -> None:
        """workers: those that there are, kept up to date by the supervisor; board: their sessions."""
        self._workers = workers
        self._places = places
        self._board = board
        self._asking: set[Worker] = set()
        self._awaited: set[Worker] = set()
        self._until = math.inf
        self._ended: list[Metric] = []
        """What workers that have ended had counted."""
        self._started = 0

    def count_start(self) -> None:
        """Count a worker that was started."""
        self._started += 1

    def ask(self, asking: Worker) -> None:
        """Have everybody tell its numbers, for one that wants the totals."""
        self._asking.add(asking)
        if self._awaited:
            return
        self._awaited = {worker for worker in self._workers if worker.state is not State.STARTING}
        self._until = time.monotonic() + _PATIENCE_S
        for worker in self._awaited:
            worker.say(Tell())

    def hear(self, worker: Worker, numbers: "list[Metric]") -> None:
        """Take a worker's numbers."""
        worker.numbers = numbers
        self._strike_off(worker)

    def close_account(self, worker: Worker) -> None:
        """Keep what a worker that has ended had counted; nobody waits for it."""
        self._ended = add_up([self._ended, what_stays(worker.numbers)])
        self._strike_off(worker)

    def end_if_due(self, now: float) -> None:
        """Tell the totals without those that hang."""
        if self._until <= now:
            self._end()

    def _strike_off(self, worker: Worker) -> None:
        self._awaited.discard(worker)
        if not self._awaited:
            self._end()

    def _end(self) -> None:
        self._awaited, self._until = set(), math.inf
        asking, self._asking = self._asking, set()
        if not asking:
            return
        totals = self._board.totals()
        sessions = Counter({place.number: 0 for place in self._places})
        for worker in self._workers:
            sessions[worker.place.number] += totals[worker.row]
        own = tell_of_workers(sessions, self._started)
        families = add_up([self._ended, own, *(worker.numbers for worker in self._workers)])
        for worker in asking:
            worker.say(Totals(families))
