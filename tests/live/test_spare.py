"""Spare time: images are scored in small slices, which end as soon as somebody draws."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from live.batcher import Batcher
from live.errors import Internal
from live.ink import Images
from live.lanes import Cut
from live.spare import CHUNK, PAUSE, SLICE, SpareTime, Work
from live.verdict import Probabilities
from tests.live.waiters import Writer, in_thread


def score(images: Images) -> Probabilities:
    return images[:, 0, :10].astype(np.float64)


class Predict:
    """Scores work, echoes what others send, and notes both in order."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.fails = False

    def __call__(self, model: str, items: Sequence[Any]) -> list[str]:
        for item in items:
            if isinstance(item, Work):
                if self.fails:
                    raise ZeroDivisionError
                before = sum(map(len, item.found))
                item.advance(score)
                self.done.append((model, sum(map(len, item.found)) - before))
            else:
                self.done.append(item)
        return [f"{model}:{item}" for item in items]


@pytest.fixture
def predict() -> Predict:
    return Predict()


@pytest.fixture
async def batcher(predict: Predict) -> AsyncIterator[Batcher[Any, str]]:
    with ThreadPoolExecutor(1) as executor:
        batcher = Batcher[Any, str](in_thread(executor, predict), 8)
        running = asyncio.create_task(batcher.run())
        yield batcher
        running.cancel()


IMAGES = np.random.default_rng(0).random((SLICE + CHUNK + 1, 28, 28), np.float32)


async def test_all_images_are_scored_in_order_in_slices(batcher: Batcher[Any, str], predict: Predict) -> None:
    found = await SpareTime(batcher).score("m", IMAGES)
    np.testing.assert_array_equal(found, score(IMAGES))
    assert predict.done == [("m", SLICE), ("m", CHUNK + 1)]


async def test_a_slice_ends_when_somebody_draws(batcher: Batcher[Any, str], predict: Predict) -> None:
    spare, writer = SpareTime(batcher), Writer(batcher)
    loop = asyncio.get_running_loop()

    class Disturbing:
        """Images of which the second chunk is not there before somebody has drawn."""

        def __len__(self) -> int:
            return len(IMAGES)

        def __getitem__(self, part: slice) -> Images:
            if part.start == CHUNK:
                drawn = asyncio.run_coroutine_threadsafe(draw(), loop)
                drawn.result(30)
            return IMAGES[part]

    async def draw() -> None:
        writer.draw(7)

    found = await spare.score("m", Disturbing())
    np.testing.assert_array_equal(found, score(IMAGES))
    assert predict.done == [("m", 2 * CHUNK), 7, ("m", SLICE - CHUNK + 1)]


async def test_who_asks_first_is_served_first_whatever_the_model(
    batcher: Batcher[Any, str], predict: Predict
) -> None:
    spare = SpareTime(batcher)
    few = IMAGES[:CHUNK]
    found = await asyncio.gather(*(spare.score(model, few) for model in "abab"))
    assert [model for model, _ in predict.done] == list("abab")
    assert all(np.array_equal(one, score(few)) for one in found)


async def test_who_gives_up_costs_nobody_their_turn(batcher: Batcher[Any, str], predict: Predict) -> None:
    spare = SpareTime(batcher)
    asking = [asyncio.create_task(spare.score("m", IMAGES)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    asking[1].cancel()
    np.testing.assert_array_equal(await asking[2], score(IMAGES))


async def test_what_cannot_be_scored_costs_nobody_else_their_answer(batcher: Batcher[Any, str]) -> None:
    class Broken:
        def __len__(self) -> int:
            return 1

        def __getitem__(self, part: slice) -> Images:
            raise ZeroDivisionError

    spare, writer = SpareTime(batcher), Writer(batcher)
    writer.newest = 7
    batcher.put(writer, is_bulk=True)
    with pytest.raises(Internal, match="Expected to score images, but that failed"):
        await spare.score("m", Broken())
    assert writer.answers == [(7, "m:7")]
    assert len(await spare.score("m", IMAGES)) == len(IMAGES)


async def test_a_model_that_fails_is_said(
    batcher: Batcher[Any, str], predict: Predict, caplog: pytest.LogCaptureFixture
) -> None:
    spare = SpareTime(batcher)
    predict.fails = True
    with pytest.raises(Internal):
        await spare.score("m", IMAGES)
    predict.fails = False
    assert len(await spare.score("m", IMAGES)) == len(IMAGES)
    assert "failed" in caplog.text


async def test_who_was_disturbed_keeps_away_for_some_times_as_long_whoever_asks() -> None:
    clock = asyncio.get_running_loop().time
    puts: list[float] = []
    batcher: Any = SimpleNamespace(is_pressed=True, put=lambda waiter, is_bulk: puts.append(clock()))
    spare = SpareTime(batcher)
    asking = [asyncio.create_task(spare.score("m", IMAGES))]
    await asyncio.sleep(0)
    slice_ = spare.take()
    assert slice_
    slice_.advance(score)
    ended_at = clock()
    spare.answer(slice_, None, Cut("m", 0, 7.0, 7.05))
    asking.append(asyncio.create_task(spare.score("m", IMAGES)))
    async with asyncio.timeout(10):
        while len(puts) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert puts[1] - ended_at >= PAUSE * 0.04
    for task in asking:
        task.cancel()


async def test_who_has_just_given_up_is_in_nobodys_way() -> None:
    puts: list[Any] = []
    batcher: Any = SimpleNamespace(is_pressed=False, put=lambda waiter, is_bulk: puts.append(waiter))
    spare = SpareTime(batcher)
    asking = [asyncio.create_task(spare.score("m", IMAGES[:CHUNK])) for _ in range(2)]
    await asyncio.sleep(0)
    puts.clear()
    work = spare.take()
    assert work
    work.advance(score)
    asking[0].cancel()
    spare.answer(work, None, Cut("m", 0, 0.0, 0.0))
    assert puts == [spare]
    asking[1].cancel()


async def test_a_slice_that_fails_costs_the_next_its_turn_no_longer(
    batcher: Batcher[Any, str], predict: Predict
) -> None:
    spare = SpareTime(batcher)
    predict.fails = True
    asking = [asyncio.create_task(spare.score("m", IMAGES)) for _ in range(2)]
    with pytest.raises(Internal):
        await asking[0]
    predict.fails = False
    async with asyncio.timeout(10):
        await asyncio.wait(asking)
    assert isinstance(asking[1].exception(), Internal | None)
