"""The batcher: who gets into which batch, and that everyone is answered exactly once."""

import asyncio
import threading
import time
from typing import Any

import pytest

from live.lanes import Cut
from tests.live.waiters import Model, Start, Writer, begun, model, start

__all__ = ["model", "start"]


async def test_a_lone_item_is_answered_at_once_in_a_batch_of_its_own(start: Start, model: Model) -> None:
    batcher, _ = start()
    writer = Writer(batcher)
    writer.draw(7)
    await writer.settled.wait()
    assert writer.answers == [(7, "m:7")]
    assert writer.cuts[0].size == 1
    assert writer.cuts[0].done_at >= writer.cuts[0].began_at
    assert threading.get_ident() not in model.threads


async def test_what_comes_while_the_model_is_busy_shares_the_next_batch(start: Start, model: Model) -> None:
    batcher, _ = start()
    model.is_gated = True
    writers = [Writer(batcher) for _ in range(5)]
    writers[0].draw(0)
    await begun(model)
    for number, writer in enumerate(writers):
        writer.draw(10 + number)
    model.may_end.release(2)
    await asyncio.gather(*(writer.settled.wait() for writer in writers))
    assert [items for _, items in model.batches] == [[0], [10, 11, 12, 13, 14]]


async def test_the_next_batch_has_those_who_come_with_the_answers_to_the_last(
    start: Start, model: Model
) -> None:
    class Eager(Writer):
        def answer(self, item: int, answer: str, cut: Cut) -> None:
            super().answer(item, answer, cut)
            if item < 20:
                asyncio.get_running_loop().call_soon(self.draw, item + 10)

    batcher, _ = start()
    model.is_gated = True
    eager, other = Eager(batcher), Writer(batcher)
    eager.draw(11)
    await begun(model)
    other.draw(2)
    model.may_end.release(2)
    await other.settled.wait()
    assert [items for _, items in model.batches] == [[11], [2, 21]]


async def test_those_who_come_for_ever_do_not_put_the_next_batch_off(start: Start, model: Model) -> None:
    batcher, _ = start()
    model.is_gated = True
    first, coming, answered = Writer(batcher), list[Writer](), asyncio.Event()

    async def come() -> None:
        while not answered.is_set():
            coming.append(Writer(batcher))
            coming[-1].draw(len(coming))
            await asyncio.sleep(0)

    first.draw(0)
    await begun(model)
    crowd = asyncio.create_task(come())
    model.may_end.release(1_000)
    await asyncio.sleep(0)
    await asyncio.wait_for(coming[0].settled.wait(), 10)
    answered.set()
    await crowd


@pytest.mark.parametrize(
    ("waiting", "sizes"), [(32, [32]), (64, [64]), (80, [40, 40]), (200, [64, 64, 36, 36])]
)
async def test_of_those_whom_no_batch_takes_half_go_first(
    start: Start, model: Model, waiting: int, sizes: list[int]
) -> None:
    batcher, _ = start(max_batch=64)
    model.is_gated = True
    busy = Writer(batcher)
    busy.draw(0)
    await begun(model)
    writers = [Writer(batcher) for _ in range(waiting)]
    for writer in writers:
        writer.draw(1)
    model.may_end.release(9)
    await asyncio.gather(*(writer.settled.wait() for writer in writers))
    assert [len(items) for _, items in model.batches[1:]] == sizes


async def test_the_newest_item_at_the_moment_of_the_cut_is_predicted(start: Start, model: Model) -> None:
    batcher, _ = start()
    model.is_gated = True
    busy, drawing = Writer(batcher), Writer(batcher)
    busy.draw(0)
    await begun(model)
    for number in range(1, 100):
        drawing.draw(number)
    model.may_end.release(2)
    await drawing.settled.wait()
    assert drawing.answers == [(99, "m:99")]


async def test_an_item_that_comes_while_its_waiter_is_in_a_batch_is_predicted_next(
    start: Start, model: Model
) -> None:
    batcher, _ = start()
    model.is_gated = True
    writer = Writer(batcher)
    writer.draw(1)
    await begun(model)
    writer.draw(2)
    model.may_end.release()
    await begun(model)
    model.may_end.release()
    await asyncio.to_thread(lambda: None)
    while len(writer.answers) < 2:
        writer.settled.clear()
        await writer.settled.wait()
    assert [item for item, _ in writer.answers] == [1, 2]


async def test_a_flooding_waiter_gets_one_place_a_batch_like_everyone(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=3)
    model.is_gated = True
    flood, *others = (Writer(batcher) for _ in range(5))
    flood.draw(0)
    await begun(model)
    for number in range(50):
        flood.draw(number)
        if number == 0:
            for k, other in enumerate(others):
                other.draw(100 + k)
    model.may_end.release(3)
    await asyncio.gather(*(other.settled.wait() for other in others))
    assert [items for _, items in model.batches] == [[0], [49, 100, 101], [102, 103]]


async def test_a_batch_has_one_model_and_models_take_turns(start: Start, model: Model) -> None:
    batcher, _ = start(max_batch=2)
    model.is_gated = True
    first = Writer(batcher, "busy")
    first.draw(0)
    await begun(model)
    writers = [Writer(batcher, "a") for _ in range(4)] + [Writer(batcher, "b")]
    for number, writer in enumerate(writers):
        writer.draw(number)
    model.may_end.release(4)
    await asyncio.gather(*(writer.settled.wait() for writer in writers))
    assert model.batches[1:] == [("a", [0, 1]), ("b", [4]), ("a", [2, 3])]


async def test_a_waiter_that_changes_its_model_while_waiting_gets_the_new_one(
    start: Start, model: Model
) -> None:
    batcher, _ = start()
    model.is_gated = True
    busy, changing = Writer(batcher), Writer(batcher, "old")
    busy.draw(0)
    await begun(model)
    changing.draw(1)
    changing.model = "new"
    model.may_end.release(2)
    await changing.settled.wait()
    assert changing.answers == [(1, "new:1")]


async def test_a_waiter_that_goes_while_queued_is_not_asked_again(start: Start, model: Model) -> None:
    batcher, _ = start()
    model.is_gated = True
    busy, gone, staying = Writer(batcher), Writer(batcher), Writer(batcher)
    busy.draw(0)
    await begun(model)
    gone.draw(1)
    staying.draw(2)
    batcher.remove(gone)
    assert len(batcher) == 1
    model.may_end.release(2)
    await staying.settled.wait()
    assert model.batches[1] == ("m", [2])
    assert gone.newest == 1


async def test_a_queue_of_waiters_with_nothing_left_runs_no_model(start: Start, model: Model) -> None:
    batcher, _ = start()
    empty, full = Writer(batcher), Writer(batcher)
    batcher.put(empty)
    full.draw(3)
    await full.settled.wait()
    batcher.put(empty)
    full.settled.clear()
    full.draw(4)
    await full.settled.wait()
    assert [items for _, items in model.batches] == [[3], [4]]


async def test_the_queue_grows_with_waiters_not_with_what_they_draw(start: Start, model: Model) -> None:
    batcher, _ = start()
    model.is_gated = True
    busy = Writer(batcher)
    busy.draw(0)
    await begun(model)
    writers = [Writer(batcher) for _ in range(3)]
    for number in range(1000):
        for writer in writers:
            writer.draw(number)
    assert len(batcher) == 3


async def test_an_idle_batcher_does_not_poll(start: Start, model: Model) -> None:
    _, task = start()
    loop: Any = asyncio.get_running_loop()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    assert not loop._ready
    assert not [handle for handle in loop._scheduled if not handle.cancelled()]
    assert model.batches == []


async def test_a_batch_begins_when_it_is_cut_however_long_nobody_drew(start: Start, model: Model) -> None:
    batcher, _ = start()
    writer = Writer(batcher)
    writer.draw(1)
    await writer.settled.wait()
    await asyncio.sleep(0.05)
    model.is_gated = True
    drawn_at = time.perf_counter()
    writer.settled.clear()
    writer.draw(2)
    await begun(model)
    await begun(model)
    assert batcher.busy_s <= time.perf_counter() - drawn_at
    model.may_end.release()
    await writer.settled.wait()
    assert writer.cuts[-1].began_at >= drawn_at
    assert batcher.busy_s == 0
