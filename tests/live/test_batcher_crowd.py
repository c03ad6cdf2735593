"""The batcher in a crowd: predict has the next batch before it is done with the last."""

import asyncio
from itertools import pairwise

from live.batcher import Batcher
from live.errors import Leaving
from live.lanes import Cut
from tests.live.waiters import Model, Start, Writer, begun, model, start

__all__ = ["model", "start"]


async def test_the_next_batch_is_under_way_while_the_last_is_answered_if_it_is_whole(
    start: Start, model: Model
) -> None:
    class Watching(Writer):
        def answer(self, item: int, answer: str, cut: Cut) -> None:
            began_meanwhile.append(model.began.acquire(timeout=10))
            super().answer(item, answer, cut)

    began_meanwhile: list[bool] = []
    batcher, _ = start(max_batch=1)
    model.is_gated = True
    first, second = Watching(batcher), Writer(batcher)
    first.draw(1)
    await begun(model)
    second.draw(2)
    model.may_end.release(2)
    await asyncio.gather(first.settled.wait(), second.settled.wait())
    assert began_meanwhile == [True]
    assert first.answers == [(1, "m:1")]
    assert second.answers == [(2, "m:2")]


async def crowd(batcher: Batcher[int, str], model: Model, size: int) -> list[Writer]:
    """Have so many writers wait behind one whose batch the gated model has begun."""
    model.is_gated = True
    writers = [Writer(batcher) for _ in range(size + 1)]
    writers[0].draw(0)
    await begun(model)
    for number, writer in enumerate(writers[1:], start=1):
        writer.draw(number)
    return writers


async def test_a_model_that_is_slow_has_the_next_whole_batch_before_it_is_done_with_the_last(
    start: Start, model: Model
) -> None:
    batcher, _ = start(max_batch=2)
    writers = await crowd(batcher, model, 7)
    model.may_end.release()
    await begun(model)
    await writers[4].was_taken.wait()
    # It is at the second batch; the third is cut, and the fourth is not.
    assert [items for _, items in model.batches] == [[0], [1, 2]]
    assert [writer.newest for writer in writers] == [None] * 5 + [5, 6, 7]
    model.may_end.release(4)
    await asyncio.gather(*(writer.settled.wait() for writer in writers))
    assert [items for _, items in model.batches[1:]] == [[1, 2], [3, 4], [5, 6], [7]]
    ends = [writers[number].cuts[0] for number in (0, 1, 3)]
    assert all(cut.began_at >= before.done_at for before, cut in pairwise(ends)), "counted twice"


async def test_what_a_crowd_leaves_over_is_cut_early_too(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=64)
    writers = await crowd(batcher, model, 96)
    model.may_end.release()
    await begun(model)
    # Half of them are being predicted; the other half is less than a whole batch.
    await writers[-1].was_taken.wait()
    assert [len(items) for _, items in model.batches] == [1, 48]
    model.may_end.release(2)
    await asyncio.gather(*(writer.settled.wait() for writer in writers))


async def test_less_than_a_whole_batch_is_not_cut_until_the_last_is_answered(
    start: Start, model: Model
) -> None:
    batcher, _ = start(max_batch=4)
    first, *others = await crowd(batcher, model, 3)
    for _ in range(20):
        await asyncio.sleep(0)
    assert [writer.newest for writer in others] == [1, 2, 3]
    model.may_end.release(2)
    await asyncio.gather(*(writer.settled.wait() for writer in (first, *others)))


async def test_cancelling_fails_both_batches_of_a_crowd(start: Start, model: Model) -> None:
    batcher, task = start(max_batch=1)
    model.is_gated = True
    writers = [Writer(batcher) for _ in range(4)]
    for number, writer in enumerate(writers):
        writer.draw(number)
    await begun(model)
    model.may_end.release()
    await begun(model)
    await writers[2].was_taken.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [len(writer.answers) for writer in writers] == [1, 0, 0, 0]
    assert [type(error) for writer in writers[1:3] for _, error in writer.errors] == [Leaving] * 2
    assert writers[3].newest == 3
    assert not batcher.is_predicting


async def test_a_batch_that_fails_costs_the_next_one_nothing(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=1)
    model.is_gated = True
    writers = [Writer(batcher) for _ in range(4)]
    for writer, item in zip(writers, (0, -1, 2, 3), strict=True):
        writer.draw(item)
    model.may_end.release(4)
    await asyncio.gather(*(writer.settled.wait() for writer in writers))
    assert [writer.answers for writer in writers] == [[(0, "m:0")], [], [(2, "m:2")], [(3, "m:3")]]
