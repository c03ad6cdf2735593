"""Far and near: who waits behind a whole batch is told when its own is next."""

import asyncio

from live.batcher import Batcher
from tests.live.waiters import Model, Start, Writer, begun, model, start

__all__ = ["model", "start"]


class Walker(Writer):
    """A writer that draws, and knows whether it was put far away, and how often it was told to be near."""

    def __init__(self, batcher: Batcher[int, str]) -> None:
        super().__init__(batcher)
        self.is_far = False
        self.calls = 0
        self.is_near = asyncio.Event()

    def draw(self, number: int) -> None:
        super().draw(number)
        self.is_far = self.batcher.far(self, self.come_near)

    def come_near(self) -> None:
        self.calls += 1
        self.is_near.set()


def three_draw(batcher: Batcher[int, str]) -> list[Walker]:
    """Have three new writers draw, one after the other."""
    walkers = [Walker(batcher) for _ in range(3)]
    for number, walker in enumerate(walkers):
        walker.draw(number)
    return walkers


async def test_who_is_behind_a_whole_batch_is_called_when_that_is_cut(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=2)
    model.is_gated = True
    walkers = [Walker(batcher) for _ in range(8)]
    walkers[0].draw(0)
    await begun(model)
    for number, walker in enumerate(walkers[1:], start=1):
        walker.draw(number)
    assert [walker.is_far for walker in walkers[1:]] == [False, False, True, True, True, True, True]
    # While whole batches wait, two are cut: the one that is being predicted, and the next.
    for called in (4, 5):
        model.may_end.release()
        await begun(model)
        await walkers[2 + called].is_near.wait()
        assert [walker.calls for walker in walkers[3:]] == [int(i < called) for i in range(5)]


async def test_what_comes_once_it_is_near_is_still_in_its_batch(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=1)
    model.is_gated = True
    busy, first, flooding = (Walker(batcher) for _ in range(3))
    busy.draw(0)
    await begun(model)
    first.draw(1)
    flooding.draw(2)
    assert flooding.is_far
    model.may_end.release()
    await flooding.is_near.wait()
    flooding.draw(3)
    assert not flooding.is_far
    model.may_end.release(2)
    await flooding.settled.wait()
    assert flooding.answers == [(3, "m:3")]


async def test_a_queue_no_longer_than_a_batch_keeps_nobody_away(start: Start) -> None:
    batcher, _ = start(max_batch=4)
    walkers = [Walker(batcher) for _ in range(4)]
    for number, walker in enumerate(walkers):
        walker.draw(number)
    assert not any(walker.is_far for walker in walkers)


async def test_who_leaves_or_is_called_does_not_wait_on(start: Start) -> None:
    batcher, _ = start(max_batch=1)
    walkers = three_draw(batcher)
    assert [walker.is_far for walker in walkers] == [False, True, True]
    batcher.remove(walkers[1])
    batcher.call(walkers[2])
    assert [walker.calls for walker in walkers] == [0, 1, 1]


async def test_whose_turn_comes_early_because_others_left_does_not_wait_on(start: Start) -> None:
    batcher, _ = start(max_batch=2)
    walkers = three_draw(batcher)
    assert walkers[2].is_far
    batcher.remove(walkers[0])
    await walkers[2].settled.wait()
    assert walkers[2].calls == 1


async def test_a_place_may_be_taken_before_there_is_anything(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=2)
    model.is_gated = True
    busy, early, empty, late = (Walker(batcher) for _ in range(4))
    busy.draw(0)
    await begun(model)
    batcher.put(early)
    batcher.put(empty)
    late.draw(1)
    early.newest = 2
    model.may_end.release(2)
    await late.settled.wait()
    assert model.batches[1:] == [("m", [2, 1])]
