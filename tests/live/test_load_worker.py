"""A worker of the load tester, without its process."""

from multiprocessing import Pipe
from types import SimpleNamespace
from typing import Any

import pytest

from live.load.alarm import clock
from live.load.hand import Hand, Stage
from live.load.plan import Plan
from live.load.worker import Worker


def test_what_is_held_back_to_the_end_has_waited_until_then() -> None:
    worker = Worker(Plan(url="ws://here/"), 0, Pipe()[0])
    hand = Hand(worker._desk, 0, 0.0)
    transport: Any = SimpleNamespace(send=lambda *_: None)
    worker._hands.append(hand)
    hand.on_ws_connected(transport)
    hand.stage = Stage.OPEN
    now = clock()
    hand.draw(now - 7)
    hand.pause_writing()
    hand.draw(now - 5)
    hand.draw(now - 3)
    outcome = worker._close_books()
    assert (outcome.sent, outcome.unanswered) == (1, 2)
    assert [int(waited) for waited in worker._desk.tally.waits] == [7, 5]


@pytest.mark.parametrize("is_closed", [False, True])
def test_waiting_for_its_turn_makes_no_first_answer_late(is_closed: bool) -> None:
    worker = Worker(Plan(url="ws://here/", rate=0.001, is_closed=is_closed), 0, Pipe()[0])
    hand = Hand(worker._desk, 0, 5.0)
    worker._desk.on_open(hand)
    assert (hand.started_at == 5.0) == is_closed
    assert 5.0 <= hand.started_at <= 1005.0
