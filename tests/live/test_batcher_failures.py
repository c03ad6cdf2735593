"""The batcher when something fails: those concerned are told, once, and nobody else notices."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from live.batcher import Batcher
from live.errors import Internal, Overloaded
from live.lanes import Cut
from tests.live.waiters import Model, Start, Writer, begun, in_thread, model, start

__all__ = ["model", "start"]


async def test_a_batch_that_fails_tells_its_own_waiters_and_nobody_else(
    start: Start, model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    batcher, _ = start()
    poisoned, healthy = Writer(batcher), Writer(batcher)
    poisoned.draw(-1)
    await poisoned.settled.wait()
    healthy.draw(1)
    await healthy.settled.wait()
    [(item, error)] = poisoned.errors
    assert item == -1
    assert isinstance(error, Internal)
    assert "poisoned" not in error.message
    assert healthy.answers == [(1, "m:1")]
    assert "A batch of 1 for model m failed" in caplog.text


async def test_what_cannot_even_be_asked_is_a_failed_batch(caplog: pytest.LogCaptureFixture) -> None:
    def ask(model: str, items: Sequence[int]) -> "asyncio.Future[list[str]]":
        if -1 in items:
            raise MemoryError
        answers = asyncio.get_running_loop().create_future()
        answers.set_result([f"{model}:{item}" for item in items])
        return answers

    batcher = Batcher[int, str](ask, 8)
    task = asyncio.create_task(batcher.run())
    poisoned, healthy = Writer(batcher), Writer(batcher)
    poisoned.draw(-1)
    await poisoned.settled.wait()
    healthy.draw(1)
    await healthy.settled.wait()
    task.cancel()
    assert isinstance(poisoned.errors[0][1], Internal)
    assert poisoned.answers == []
    assert healthy.answers == [(1, "m:1")]
    assert "A batch of 1 for model m failed" in caplog.text


async def test_too_few_answers_are_a_failed_batch(caplog: pytest.LogCaptureFixture) -> None:
    with ThreadPoolExecutor(1) as executor:
        batcher = Batcher[int, str](in_thread(executor, lambda model, items: []), 8)
        task = asyncio.create_task(batcher.run())
        writer = Writer(batcher)
        writer.draw(1)
        await writer.settled.wait()
        task.cancel()
    assert isinstance(writer.errors[0][1], Internal)
    assert "Expected 1 answers from predict, got 0" in caplog.text


async def test_cancelling_fails_what_was_taken_and_leaves_the_rest(start: Start, model: Model) -> None:
    batcher, task = start()
    model.is_gated = True
    taken, waiting = Writer(batcher), Writer(batcher)
    taken.draw(1)
    await begun(model)
    waiting.draw(2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert isinstance(taken.errors[0][1], Overloaded)
    assert taken.answers == []
    assert waiting.errors == []
    assert waiting.newest == 2


async def test_a_waiter_that_raises_costs_nobody_else_an_answer(
    start: Start, model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Writer):
        def answer(self, item: int, answer: str, cut: Cut) -> None:
            raise RuntimeError("gone")

    batcher, _ = start()
    model.is_gated = True
    busy, broken, healthy = Writer(batcher), Broken(batcher), Writer(batcher)
    busy.draw(0)
    await begun(model)
    broken.draw(1)
    healthy.draw(2)
    model.may_end.release(3)
    await healthy.settled.wait()
    healthy.settled.clear()
    healthy.draw(3)
    await healthy.settled.wait()
    assert [item for item, _ in healthy.answers] == [2, 3]
    assert "could not take its answer" in caplog.text
