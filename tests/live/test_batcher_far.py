"""Far and near: who waits behind a whole batch is told when its own is next."""

import asyncio

from live.batcher import Batcher
from tests.live.test_batcher import Model, Start, Writer, begun, model, start

__all__ = ["model", "start"]

Near = asyncio.Future[None] | None


def put(writer: Writer, number: int) -> bool:
    """Queue a writer's number; say whether it is far."""
    writer.draw(number)
    return writer.batcher.far(writer) is not None


def three_draw(batcher: Batcher[int, str]) -> tuple[list[Writer], list[Near]]:
    """Have three new writers draw, one after the other; return them, and what tells each that it is near."""
    writers = [Writer(batcher) for _ in range(3)]
    nears: list[Near] = []
    for number, writer in enumerate(writers):
        writer.draw(number)
        nears.append(batcher.far(writer))
    return writers, nears


async def test_who_is_behind_a_whole_batch_is_called_when_that_is_cut(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=2)
    model.is_gated = True
    writers = [Writer(batcher) for _ in range(6)]
    writers[0].draw(0)
    await begun(model)
    nears = []
    for number, writer in enumerate(writers[1:], start=1):
        writer.draw(number)
        nears.append(batcher.far(writer))
    assert [near is not None for near in nears] == [False, False, True, True, True]
    far = [near for near in nears if near]
    for called in (2, 3):
        model.may_end.release()
        await begun(model)
        assert [near.done() for near in far] == [i < called for i in range(3)]


async def test_what_comes_once_it_is_near_is_still_in_its_batch(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=1)
    model.is_gated = True
    busy, first, flooding = (Writer(batcher) for _ in range(3))
    busy.draw(0)
    await begun(model)
    first.draw(1)
    flooding.draw(2)
    near = batcher.far(flooding)
    assert near
    model.may_end.release()
    await near
    flooding.draw(3)
    assert batcher.far(flooding) is None
    model.may_end.release(2)
    await flooding.settled.wait()
    assert flooding.answers == [(3, "m:3")]


async def test_a_queue_no_longer_than_a_batch_keeps_nobody_away(start: Start) -> None:
    batcher, _ = start(max_batch=4)
    assert not any(put(Writer(batcher), number) for number in range(4))


async def test_who_leaves_or_is_called_does_not_wait_on(start: Start) -> None:
    batcher, _ = start(max_batch=1)
    writers, nears = three_draw(batcher)
    assert nears[1]
    assert nears[2]
    batcher.remove(writers[1])
    batcher.call(writers[2])
    assert nears[1].done()
    assert nears[2].done()


async def test_a_wait_that_was_cancelled_stops_nobody(start: Start) -> None:
    batcher, _ = start(max_batch=1)
    writers = [Writer(batcher) for _ in range(3)]
    for number, writer in enumerate(writers):
        writer.draw(number)
        if near := batcher.far(writer):
            near.cancel()
    for writer in writers:
        await writer.settled.wait()


async def test_whose_turn_comes_early_because_others_left_does_not_wait_on(start: Start) -> None:
    batcher, _ = start(max_batch=2)
    writers, nears = three_draw(batcher)
    assert nears[2]
    batcher.remove(writers[0])
    await writers[2].settled.wait()
    assert nears[2].done()
