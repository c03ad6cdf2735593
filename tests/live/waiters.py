"""What the batcher's tests play with: waiters that draw numbers, and a model that can be held back."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest

from live.batcher import Batcher
from live.errors import LiveError
from live.lanes import Cut


class Writer:
    """A waiter that draws numbers: only the newest is there to be taken."""

    def __init__(self, batcher: Batcher[int, str], model: str = "m") -> None:
        self.batcher = batcher
        self.model = model
        self.newest: int | None = None
        self.answers: list[tuple[int, str]] = []
        self.errors: list[tuple[int, LiveError]] = []
        self.cuts: list[Cut] = []
        self.was_taken = asyncio.Event()
        self.settled = asyncio.Event()

    def draw(self, number: int) -> None:
        self.newest = number
        self.batcher.put(self)

    def take(self) -> int | None:
        item, self.newest = self.newest, None
        self.was_taken.set()
        return item

    def answer(self, item: int, answer: str, cut: Cut) -> None:
        self.answers.append((item, answer))
        self.cuts.append(cut)
        self.settled.set()

    def fail(self, item: int, error: LiveError) -> None:
        self.errors.append((item, error))
        self.settled.set()


class Model:
    """A predict call that a test can hold back: it says when it has begun, and waits to be let go."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, list[int]]] = []
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.is_gated = False
        self.threads: set[int] = set()

    def __call__(self, model: str, items: Sequence[int]) -> list[str]:
        self.threads.add(threading.get_ident())
        self.batches.append((model, list(items)))
        self.began.release()
        if self.is_gated:
            self.may_end.acquire()
        if -1 in items:
            raise ZeroDivisionError("a poisoned item")
        return [f"{model}:{item}" for item in items]


def in_thread(executor: Executor, predict: Callable[[str, Sequence[Any]], Sequence[Any]]) -> Any:
    """Have a predict call run by an executor."""
    return lambda model, items: asyncio.get_running_loop().run_in_executor(executor, predict, model, items)


@pytest.fixture
def model() -> Model:
    return Model()


Start = Callable[..., tuple[Batcher[int, str], asyncio.Task[None]]]


@pytest.fixture
async def start(model: Model) -> AsyncIterator[Start]:
    executor = ThreadPoolExecutor(1)
    tasks = []

    def begin(max_batch: int = 8) -> tuple[Batcher[int, str], asyncio.Task[None]]:
        batcher = Batcher[int, str](in_thread(executor, model), max_batch)
        tasks.append(asyncio.create_task(batcher.run()))
        return batcher, tasks[-1]

    yield begin
    model.is_gated = False
    model.may_end.release(100)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    executor.shutdown()


async def begun(model: Model) -> None:
    """Wait until the model has begun another batch."""
    assert await asyncio.to_thread(model.began.acquire, timeout=10)
