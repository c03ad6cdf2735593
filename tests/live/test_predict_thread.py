"""The predict thread: what becomes of jobs when one is given up, or the thread or the event loop ends."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from live.predict_thread import MAX_FAULTS, Lost, PredictThread


class Gate:
    """Models whose batches wait to be let go."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.batches: list[Sequence[Any]] = []

    def predict(self, model: str, items: Sequence[Any]) -> Sequence[Any]:
        self.batches.append(items)
        self.began.set()
        assert self.may_end.wait(30)
        return [f"{model}:{item}" for item in items]


async def started(gate: Gate) -> PredictThread:
    thread = PredictThread(lambda: gate.predict)
    await thread.start()
    return thread


async def test_batches_are_answered_one_after_the_other() -> None:
    gate = Gate()
    gate.may_end.set()
    thread = await started(gate)
    assert await asyncio.gather(*(thread.predict("m", [n]) for n in range(3))) == [["m:0"], ["m:1"], ["m:2"]]
    assert gate.batches == [[0], [1], [2]]
    thread.end()


async def test_a_batch_that_was_given_up_while_it_waited_is_not_run() -> None:
    gate = Gate()
    thread = await started(gate)
    first, second, third = (thread.predict("m", [n]) for n in range(3))
    assert await asyncio.to_thread(gate.began.wait, 30)
    second.cancel()
    gate.may_end.set()
    assert (await first, await third) == (["m:0"], ["m:2"])
    assert gate.batches == [[0], [2]]
    thread.end()


async def test_what_waits_while_a_thread_is_replaced_is_run_by_the_next() -> None:
    gate = Gate()
    thread = await started(gate)
    under_way, waiting = thread.predict("m", [0]), thread.predict("m", [1])
    assert await asyncio.to_thread(gate.began.wait, 30)
    loaded = thread.start()
    with pytest.raises(Lost, match="was replaced"):
        await under_way
    await loaded
    gate.may_end.set()
    assert await waiting == ["m:1"]
    thread.end()


async def test_a_fault_is_the_batchs_own() -> None:
    thread = PredictThread(lambda: lambda model, items: [1 / items[0]])
    await thread.start()
    with pytest.raises(ZeroDivisionError):
        await thread.predict("m", [0])
    assert await thread.predict("m", [2]) == [0.5]
    assert thread.trouble(1) is None
    thread.end()


async def test_a_batch_under_way_is_no_fault_yet() -> None:
    gate = Gate()
    failing = iter([*[ValueError] * MAX_FAULTS, None, *[ValueError] * (MAX_FAULTS + 1)])

    def predict(model: str, items: Sequence[Any]) -> Sequence[Any]:
        if fault := next(failing):
            raise fault
        return gate.predict(model, items)

    async def fail(times: int) -> None:
        for _ in range(times):
            with pytest.raises(ValueError):  # noqa: PT011 - it has no words
                await thread.predict("m", [0])

    thread = PredictThread(lambda: predict)
    await thread.start()
    await fail(MAX_FAULTS)
    slow = thread.predict("m", [1])
    assert await asyncio.to_thread(gate.began.wait, 30)
    assert thread.trouble(100) is None
    gate.may_end.set()
    assert await slow == ["m:1"]
    await fail(MAX_FAULTS + 1)
    assert thread.trouble(100) == "fails"
    thread.end()


def test_a_thread_outlives_its_event_loop_quietly() -> None:
    gate, others = Gate(), threading.enumerate()

    async def leave() -> PredictThread:
        thread = await started(gate)
        thread.predict("m", [0])
        assert await asyncio.to_thread(gate.began.wait, 30)
        return thread

    left = asyncio.run(leave())
    [thread] = [thread for thread in threading.enumerate() if thread not in others]
    gate.may_end.set()
    left.end()
    # Would it raise, pytest would tell.
    thread.join(30)
    assert not thread.is_alive()


async def test_a_batch_that_lasts_hangs_and_one_after_the_other_do_not() -> None:
    gates = [Gate() for _ in range(6)]
    thread = PredictThread(lambda: lambda model, items: gates[items[0]].predict(model, items))
    await thread.start()
    for number, gate in enumerate(gates):
        answer = thread.predict("m", [number])
        assert await asyncio.to_thread(gate.began.wait, 30)
        assert thread.trouble(2) is None
        if number < 5:
            gate.may_end.set()
            await answer
    assert thread.trouble(2) is None
    assert thread.trouble(2) == "hangs"
    gates[-1].may_end.set()
    await answer
    thread.end()


async def test_batches_that_fail_are_counted_in_a_row() -> None:
    thread = PredictThread(lambda: lambda model, items: [1 / items[0]])
    await thread.start()
    for _ in range(2):
        assert await thread.predict("m", [2]) == [0.5]
        for _ in range(MAX_FAULTS):
            with pytest.raises(ZeroDivisionError):
                await thread.predict("m", [0])
        assert thread.trouble(100) is None
    thread.end()
