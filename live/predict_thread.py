"""The predict thread: loads the models, runs what the batcher cuts, and is replaced when it can't go on.

Between batcher and prediction, as the batcher's executor. A thread and not a process: LiteRT lets go of the
interpreter while it computes, and a batch would cost more to send than to run. But a thread can't be killed:
one that hangs is left behind, and what it comes to one day is forgotten.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, InvalidStateError
from queue import Empty, SimpleQueue
from typing import Any

log = logging.getLogger(__name__)

MAX_FAULTS = 3
"""Batches in a row that may fail before it is the thread, and not the batch."""

Predict = Callable[[str, Sequence[Any]], Sequence[Any]]
"""What loading comes to: a model's name and items → as many answers."""
_Job = tuple["Future[Any]", Callable[[], Any]]


class Lost(Exception):
    """What a job was at ended with its thread."""


class PredictThread(Executor):
    """An executor with one thread, which has its own models: `load` runs in it before anything else.

    The event loop submits, looks for trouble and replaces; the thread alone runs jobs. A job that waits while
    its thread ends is run by the next; one that was under way fails.
    """

    def __init__(self, load: Callable[[], Predict]) -> None:
        self._load = load
        self._crew: _Crew | None = None

    def start(self) -> "Future[Any]":
        """Begin with a thread, or with another in its place; done when the models are loaded."""
        before, self._crew = self._crew, _Crew()
        loaded = self._crew.begin(self._load)
        if before:
            for job in before.end():
                self._crew.jobs.put(job)
        return loaded

    def submit(self, call: Callable[..., Any], /, *args: Any, **options: Any) -> "Future[Any]":
        """Run a call in the thread, after those that wait already."""
        assert self._crew, "Expected a thread that was started"
        future: Future[Any] = Future()
        self._crew.jobs.put((future, lambda: call(*args, **options)))
        return future

    def predict(self, model: str, items: Sequence[Any]) -> Sequence[Any]:
        """Answer a batch. Called in the thread."""
        assert self._crew
        return self._crew.predict(model, items)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the thread end; a thread that hangs is not waited for."""
        if self._crew:
            self._crew.end()

    def trouble(self, patience: int) -> str | None:
        """Say why the thread should be replaced, if it should. Called at regular intervals.

        patience: that many calls while one batch is under way, and it hangs. Counted instead of timed, so
        that a process that was stopped for a while is not taken for one that hangs.
        """
        return self._crew.trouble(patience) if self._crew else None


class _Crew:
    """One thread and what belongs to it; forgotten with it."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._present: Future[Any] | None = None
        self._predict: Predict | None = None
        self._faults = 0
        self._seen: Future[Any] | None = None
        self._seen_times = 0
        self._thread = threading.Thread(target=self._work, name="predict", daemon=True)

    def begin(self, load: Callable[[], Predict]) -> "Future[Any]":
        loaded: Future[Any] = Future()

        def keep() -> None:
            self._predict = load()

        self.jobs.put((loaded, keep))
        self._thread.start()
        return loaded

    def end(self) -> list[_Job]:
        """Fail what is under way, have the thread end when it can, and return what still waits."""
        waiting: list[_Job] = []
        with contextlib.suppress(Empty):
            while True:
                if job := self.jobs.get_nowait():
                    waiting.append(job)
        self.jobs.put(None)
        if self._present:
            _resolve(self._present, fault=Lost("Expected an answer, but the predict thread was replaced"))
        return waiting

    def predict(self, model: str, items: Sequence[Any]) -> Sequence[Any]:
        assert self._predict
        self._faults += 1
        answers = self._predict(model, items)
        self._faults = 0
        return answers

    def trouble(self, patience: int) -> str | None:
        if not self._thread.is_alive():
            return "died"
        if self._faults > MAX_FAULTS:
            return "fails"
        present = self._present if self._predict else None
        self._seen_times = self._seen_times + 1 if present and present is self._seen else 0
        self._seen = present
        return "hangs" if self._seen_times >= patience else None

    def _work(self) -> None:
        while job := self.jobs.get():
            self._present, call = job
            try:
                if self._present.set_running_or_notify_cancel():
                    _resolve(self._present, call())
            except Exception as fault:
                _resolve(self._present, fault=fault)
            except BaseException as fault:
                log.exception("The predict thread ends")
                _resolve(self._present, fault=Lost(f"Expected to go on, but: {type(fault).__name__}"))
                return
            finally:
                self._present = None


def _resolve(future: "Future[Any]", result: Any = None, fault: Exception | None = None) -> None:
    """Settle a future, unless that was done already: by whoever replaced the thread."""
    with contextlib.suppress(InvalidStateError):
        if fault:
            future.set_exception(fault)
        else:
            future.set_result(result)
