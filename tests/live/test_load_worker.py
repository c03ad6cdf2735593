"""A worker of the load tester, without its process."""

from multiprocessing import Pipe

import pytest

from live.load.hand import Hand
from live.load.plan import Plan
from live.load.worker import Worker


@pytest.mark.parametrize("is_closed", [False, True])
def test_waiting_for_its_turn_makes_no_first_answer_late(is_closed: bool) -> None:
    worker = Worker(Plan(url="ws://here/", rate=0.001, is_closed=is_closed), 0, Pipe()[0])
    hand = Hand(worker._desk, 0, 5.0)
    worker._desk.on_open(hand)
    assert (hand.started_at == 5.0) == is_closed
    assert 5.0 <= hand.started_at <= 1005.0
