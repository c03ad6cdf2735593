"""The batcher's lower lane: bulk waits for those who draw, but not for ever."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from live.batcher import Batcher
from live.lanes import BULK_BATCH, BULK_PATIENCE
from tests.live.waiters import Model, Writer, begun, in_thread


async def batches_of(live: int, bulk: int, max_batch: int) -> list[list[int]]:
    """Queue bulk (numbered from 1000), then live waiters; return the batches that are cut."""
    model = Model()
    with ThreadPoolExecutor(1) as executor:
        batcher = Batcher[int, str](in_thread(executor, model), max_batch)
        writers = [Writer(batcher) for _ in range(bulk + live)]
        for number, writer in enumerate(writers[:bulk]):
            writer.newest = 1000 + number
            batcher.put(writer, is_bulk=True)
        for number, writer in enumerate(writers[bulk:]):
            writer.draw(number)
        running = asyncio.create_task(batcher.run())
        await asyncio.gather(*(writer.settled.wait() for writer in writers))
        running.cancel()
    return [items for _, items in model.batches]


async def test_those_who_draw_go_before_bulk_that_waited_longer() -> None:
    batches = await batches_of(live=3, bulk=2, max_batch=8)
    assert batches == [[0, 1, 2], [1000, 1001]]


async def test_a_batch_of_bulk_is_small() -> None:
    batches = await batches_of(live=0, bulk=BULK_BATCH + 1, max_batch=32)
    assert [len(items) for items in batches] == [BULK_BATCH, 1]


async def test_bulk_has_its_turn_though_there_is_no_end_of_others() -> None:
    batches = await batches_of(live=2 * BULK_PATIENCE, bulk=1, max_batch=1)
    assert batches.index([1000]) == BULK_PATIENCE


async def test_of_bulk_one_batch_at_a_time_is_cut() -> None:
    model = Model()
    model.is_gated = True
    with ThreadPoolExecutor(1) as executor:
        batcher = Batcher[int, str](in_thread(executor, model), 2)
        writers = [Writer(batcher) for _ in range(8)]
        running = asyncio.create_task(batcher.run())
        for number, writer in enumerate(writers):
            writer.newest = number
            batcher.put(writer, is_bulk=True)
        model.may_end.release()
        for _ in range(2):
            await begun(model)
        for _ in range(20):
            await asyncio.sleep(0)
        # Who begins to draw now waits for one batch of it, not for two.
        assert [writer.newest for writer in writers] == [None] * 4 + [4, 5, 6, 7]
        model.may_end.release(3)
        await asyncio.gather(*(writer.settled.wait() for writer in writers))
        running.cancel()


async def test_bulk_that_changes_its_model_while_waiting_is_still_bulk() -> None:
    batcher = Batcher[int, str](lambda *_: NotImplemented, 8)
    bulk, live = Writer(batcher), Writer(batcher, "other")
    bulk.newest = 1000
    batcher.put(bulk, is_bulk=True)
    bulk.model = "other"
    assert batcher.cut() == ("m", [])
    live.draw(0)
    assert batcher.cut() == ("other", [(live, 0)])
    assert batcher.cut() == ("other", [(bulk, 1000)])


async def test_bulk_that_has_just_come_waits_however_long_others_drew_before() -> None:
    batcher = Batcher[int, str](lambda *_: NotImplemented, 1)
    bulk, live = Writer(batcher), Writer(batcher)
    for number in range(2 * BULK_PATIENCE):
        live.draw(number)
        assert batcher.cut() == ("m", [(live, number)])
    bulk.newest = 1000
    batcher.put(bulk, is_bulk=True)
    live.draw(-1)
    assert batcher.cut() == ("m", [(live, -1)])


async def test_of_much_bulk_every_ninth_batch_is_cut_while_others_draw() -> None:
    batches = await batches_of(live=3 * BULK_PATIENCE, bulk=3, max_batch=1)
    turns = [number for number, items in enumerate(batches) if items[0] >= 1000]
    assert turns == [BULK_PATIENCE, 2 * BULK_PATIENCE + 1, 3 * BULK_PATIENCE + 2]
