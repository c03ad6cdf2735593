"""The service: what becomes of it when loading or predicting goes wrong."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from live import recogniser
from live.errors import Internal, Overloaded
from live.ink import from_strokes
from live.inquiry import Inquiry
from live.messages import Model, Snapshot
from live.predict_thread import MAX_FAULTS
from live.recogniser import Card, Recogniser
from live.service import Service, State
from live.settings import Settings
from tests.live.drawings import DRAWINGS

Predict = Callable[[str, Sequence[Any]], list[Any]]


class Served:
    """A service that runs with a predict call of the test's own, once its models are loaded."""

    def __init__(self) -> None:
        self.service = Service(Settings(model="classic"))
        self.failures = 0
        self.service.on_failure = self._count
        self.task = asyncio.create_task(self.service.run())

    def _count(self) -> None:
        self.failures += 1

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_a_service_is_ready_once_its_models_are_loaded() -> None:
    served = Served()
    assert served.service.health == "loading"
    await served.service.until_ready()
    assert served.service.health == "ready"
    snapshot = Snapshot(0, 0, from_strokes(DRAWINGS["seven"]))
    assert (await Inquiry(served.service, snapshot, "classic", ()).ask()).digit == 7
    await served.end()


async def test_a_predict_call_that_hangs_makes_the_server_unready_and_heals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("live.service._STUCK_S", 0.0)
    served = Served()
    await served.service.until_ready()
    crew = served.service._thread._crew
    assert crew
    predict, began, may_end = crew._predict, threading.Event(), threading.Event()
    assert predict

    def hang(model: str, question: Any) -> Any:
        began.set()
        may_end.wait(30)
        return predict(model, question)

    wound(served.service, hang)
    snapshot = Snapshot(0, 0, from_strokes(DRAWINGS["seven"]))
    asking = asyncio.create_task(Inquiry(served.service, snapshot, "classic", ()).ask())
    assert await asyncio.to_thread(began.wait, 30)
    assert served.service.health == "stuck"
    may_end.set()
    assert (await asking).digit == 7
    assert served.service.health == "ready"
    await served.end()


async def test_who_waits_for_a_server_that_drains_instead_of_loading_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_load, load = threading.Event(), Service._load

    def load_late(service: Service) -> Any:
        may_load.wait(30)
        return load(service)

    monkeypatch.setattr(Service, "_load", load_late)
    served = Served()
    waiting = asyncio.create_task(served.service.until_ready())
    await asyncio.sleep(0)
    await served.service.drain()
    with pytest.raises(Overloaded, match="this one is draining"):
        await waiting
    assert not served.service.is_predicting
    may_load.set()
    await served.service.until_loaded()
    await asyncio.sleep(0)
    assert served.service.state is State.DRAINING
    await served.end()


async def test_a_fault_while_loading_fails_the_service_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Service, "_load", lambda self: 1 / 0)
    served = Served()
    await served.task
    assert served.service.state is State.FAILED
    assert served.failures == 1
    assert "ZeroDivisionError, see the log" in str(served.service.failure)
    assert "The models could not be loaded" in caplog.text
    with pytest.raises(Overloaded, match="this one is failed"):
        await served.service.until_ready()


async def test_models_are_shown_together_when_all_are_loaded() -> None:
    shown = []

    def load(card: Card, weights: Path, engine: str) -> Recogniser:
        shown.append((len(service.cards), len(service.models)))
        return recogniser.load(card, weights, engine)

    service = Service(Settings(), load=load)
    running = asyncio.create_task(service.run())
    await service.until_ready()
    assert set(shown) == {(0, 0)}
    assert len(service.cards) == len(service.models) == len(shown)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_models_that_are_never_loaded_fail_the_service(
    monkeypatch: pytest.MonkeyPatch, is_replaced: bool
) -> None:
    may_end = threading.Event()
    if is_replaced:
        served = Served()
        await served.service.until_ready()
    monkeypatch.setattr("live.service.LOADING_S", 0.1)
    monkeypatch.setattr(Service, "_load", lambda self: may_end.wait(30))
    if is_replaced:
        served.service._thread._load = served.service._load
        wound(served.service, end_thread)
        with pytest.raises(Internal):
            await read_seven(served.service)
    else:
        served = Served()
    async with asyncio.timeout(20):
        while not served.failures:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert served.service.state is State.FAILED
    assert "Expected the models to be loaded within 0.1 s" in str(served.service.failure)
    may_end.set()
    await served.end()


async def test_a_batcher_that_stops_fails_the_service(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    served = Served()
    await served.service.until_ready()
    monkeypatch.setattr(served.service.batcher, "cut", lambda: 1 / 0)
    snapshot = Snapshot(0, 0, from_strokes(DRAWINGS["seven"]))
    asking = asyncio.create_task(Inquiry(served.service, snapshot, "classic", ()).ask())
    await served.task
    assert served.service.state is State.FAILED
    assert served.failures == 1
    assert "The batcher stopped" in caplog.text
    asking.cancel()


async def test_who_waits_for_a_batcher_that_stopped_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served()
    await served.service.until_ready()
    batcher = served.service.batcher
    with monkeypatch.context() as patched:
        failed = asyncio.Event()

        def stop() -> None:
            patched.undo()
            failed.set()
            raise ZeroDivisionError

        patched.setattr(batcher, "cut", stop)
        asking = asyncio.create_task(read_seven(served.service))
        await failed.wait()
    with pytest.raises(Overloaded, match="shutting down"):
        await asking
    assert served.failures == 1
    await served.end()


def wound(service: Service, predict: Predict) -> None:
    """Have the present predict thread do something else; the next one is sound."""
    crew = service._thread._crew
    assert crew
    crew._predict = predict


def end_thread(model: str, items: Sequence[Any]) -> list[Any]:
    raise SystemExit


def fail(model: str, items: Sequence[Any]) -> list[Any]:
    raise ValueError("Expected to fail")


async def read_seven(service: Service) -> int | None:
    snapshot = Snapshot(0, 0, from_strokes(DRAWINGS["seven"]))
    return (await Inquiry(service, snapshot, "classic", ()).ask()).digit


@pytest.mark.parametrize("predict", [end_thread, fail])
async def test_a_predict_thread_that_can_not_go_on_is_replaced(predict: Predict) -> None:
    served = Served()
    await served.service.until_ready()
    wound(served.service, predict)
    faults, digit = 0, None
    while digit is None:
        try:
            digit = await read_seven(served.service)
        except Internal:
            faults += 1
    assert digit == 7
    assert faults == 1 if predict is end_thread else faults > MAX_FAULTS
    assert served.service.metrics.thread_restarts == 1
    await served.end()


async def test_a_predict_call_that_does_not_come_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.service._PATIENCE", 2)
    served = Served()
    await served.service.until_ready()
    may_end = threading.Event()
    wound(served.service, lambda model, items: [may_end.wait(30)])
    with pytest.raises(Internal):
        await read_seven(served.service)
    assert await read_seven(served.service) == 7
    may_end.set()
    assert await read_seven(served.service) == 7
    await served.end()


async def test_a_server_whose_predict_threads_die_and_die_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.service._WATCH_S", 0.01)
    monkeypatch.setattr(Service, "_load", lambda self: end_thread)
    served = Served()
    served.service.models = [Model("classic", True, "")]
    await served.service.until_ready()
    while not served.failures:
        with contextlib.suppress(Internal, Overloaded):
            await read_seven(served.service)
    assert "again and again" in str(served.service.failure)
    assert served.service.state is State.FAILED
    with pytest.raises(Overloaded, match="shutting down"):
        await read_seven(served.service)
    await served.service.drain()
    assert served.service.health == "failed"
    await served.end()
