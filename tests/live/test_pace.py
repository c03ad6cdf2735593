"""The pace: who sends more than can be answered is read once for each answer, just before its batch."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from live.transport.pace import Pace, Reading

WAITER: Any = None
"""Whoever; the queue does not look."""


class Queue:
    """A batcher as a session sees it: far or not as the test wants."""

    def __init__(self) -> None:
        self.is_long = True
        self.puts = 0
        self.come_near: Callable[[], None] = lambda: None

    def put(self, _: object) -> None:
        self.puts += 1

    def far(self, _: object, come_near: Callable[[], None]) -> bool:
        self.come_near = come_near
        return self.is_long


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def pace(queue: Queue) -> Pace:
    batcher: Any = queue
    return Pace(batcher)


def is_read(pace: Pace) -> bool:
    """Say whether a task that asks may go on."""
    resting = pace.rest()
    try:
        resting.send(None)
    except StopIteration:
        return True
    finally:
        resting.close()
    return False


def flood(pace: Pace) -> None:
    """Send two snapshots before the first is answered."""
    pace.superseded(has_more=True)
    pace.put(WAITER)


async def test_whoever_is_not_far_is_read_as_it_comes(pace: Pace, queue: Queue) -> None:
    queue.is_long = False
    pace.put(WAITER)
    pace.superseded(has_more=False)
    pace.was_cut(is_in=True)
    pace.was_answered(WAITER)
    assert is_read(pace)
    assert queue.puts == 1


async def test_who_supersedes_nothing_is_read_as_it_comes_however_many_wait(pace: Pace, queue: Queue) -> None:
    for _ in range(3):
        pace.put(WAITER)
        assert is_read(pace)
        pace.was_cut(is_in=True)
        pace.was_answered(WAITER)
    assert queue.puts == 3


async def test_a_flood_is_read_once_for_each_answer(pace: Pace, queue: Queue) -> None:
    flood(pace)
    for answers in range(3):
        assert not is_read(pace)
        queue.come_near()
        assert is_read(pace)
        pace.superseded(has_more=False)
        assert not is_read(pace)
        pace.was_cut(is_in=True)
        assert not is_read(pace)
        pace.was_answered(WAITER)
        assert queue.puts == 2 + answers


async def test_a_flood_that_ebbs_is_read_as_it_comes_again(pace: Pace, queue: Queue) -> None:
    flood(pace)
    queue.come_near()
    pace.superseded(has_more=False)
    pace.was_answered(WAITER)
    queue.come_near()
    pace.was_cut(is_in=False)
    assert pace.reading is Reading.OPEN
    assert is_read(pace)


async def test_who_sends_no_faster_than_it_is_answered_does_not_queue_empty_handed(
    pace: Pace, queue: Queue
) -> None:
    flood(pace)
    queue.come_near()
    pace.was_cut(is_in=True)
    assert is_read(pace)
    pace.was_answered(WAITER)
    assert queue.puts == 1


async def test_a_flood_is_read_on_when_the_queue_has_become_short(pace: Pace, queue: Queue) -> None:
    flood(pace)
    queue.come_near()
    pace.superseded(has_more=False)
    queue.is_long = False
    pace.was_answered(WAITER)
    assert queue.puts == 2
    assert is_read(pace)


async def test_whoever_is_to_end_is_read_whatever_the_queue(pace: Pace, queue: Queue) -> None:
    flood(pace)
    resting = asyncio.create_task(pace.rest())
    await asyncio.sleep(0)
    pace.end()
    await resting
    pace.put(WAITER)
    pace.superseded(has_more=False)
    assert is_read(pace)
