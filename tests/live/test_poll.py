"""A poll of the workers: one at a time, and each who asks is told once."""

import multiprocessing
from typing import Any

from live.census import Board
from live.workers.orders import Tell, Totals
from live.workers.poll import Poll
from live.workers.staff import Place, State, Worker


class Control:
    """A pipe to a worker, which keeps what is said."""

    def __init__(self) -> None:
        self.said: list[type] = []

    def send(self, order: object) -> None:
        self.said.append(type(order))


def test_a_worker_that_asks_again_and_again_is_told_the_totals_once() -> None:
    place, process, controls = Place(0, None), None, [Control(), Control()]
    workers: list[Any] = [
        Worker(place, process, control, None, row, State.SERVING)  # type: ignore[arg-type]
        for row, control in enumerate(controls)
    ]
    poll = Poll(workers, [place], Board.make(2, multiprocessing.get_context("spawn")))
    for _ in range(3):
        poll.ask(workers[0])
    for worker in workers:
        poll.hear(worker, [])
    assert [control.said for control in controls] == [[Tell, Totals], [Tell]]
