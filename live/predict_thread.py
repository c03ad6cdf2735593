"""The predict thread: loads the models, runs what the batcher cuts, and is replaced when it can't go on.

Between prediction's Predictor and its Models. A thread and not a process: LiteRT lets go of the interpreter
while it computes, and a batch would cost more to send than to run. But a thread can't be killed: one that
hangs is left behind, and what it comes to one day is forgotten.

No `Executor`: with a future of each kind, the one waking the other, there and back took 69 us, and this way
it takes 53.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from live.errors import Leaving

log = logging.getLogger(__name__)

MAX_FAULTS = 3
"""Batches in a row that may fail before it is the thread, and not the batch."""

Predict = Callable[[str, Any], Any]
"""What loading comes to: a model's name and a question → what is found."""
_Future = asyncio.Future[Any]
_Job = tuple[_Future, str, Any]


class Lost(Exception):
    """What a job was at ended with its thread."""


class PredictThread:
    """One thread, which has its own models: `load` runs in it before anything else.

    The event loop asks, looks for trouble and replaces; the thread alone runs jobs. A job that waits while
    its thread ends is run by the next; one that was under way fails.
    """

    def __init__(self, load: Callable[[], Predict]) -> None:
        self._load = load
        self._crew: _Crew | None = None
        self._has_ended = False

    def start(self) -> "asyncio.Future[None]":
        """Begin with a thread, or with another in its place; done when the models are loaded."""
        before, self._crew = self._crew, _Crew(self._load)
        if before:
            for job in before.end():
                self._crew.jobs.put(job)
        return self._crew.begin()

    def predict(self, model: str, question: Any) -> "asyncio.Future[Any]":
        """Have a question answered in the thread, after those that wait already. Raises Leaving."""
        if self._has_ended:
            raise Leaving
        assert self._crew, "Expected a thread that was started"
        finding = asyncio.get_running_loop().create_future()
        self._crew.jobs.put((finding, model, question))
        return finding

    def end(self) -> None:
        """Let the thread end for good: what it is at, what waits and what will come fails with Leaving.

        One that hangs is not waited for.
        """
        self._has_ended = True
        if self._crew:
            for finding, _, _ in self._crew.end(Leaving()):
                _resolve(finding, None, Leaving())

    def trouble(self, patience: int) -> str | None:
        """Say why the thread should be replaced, if it should. Called at regular intervals.

        patience: that many calls while one batch is under way, and it hangs. Counted instead of timed, so
        that a process that was stopped for a while is not taken for one that hangs.
        """
        return self._crew.trouble(patience) if self._crew and not self._has_ended else None


class _Crew:
    """One thread and what belongs to it; forgotten with it."""

    def __init__(self, load: Callable[[], Predict]) -> None:
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._load = load
        self._loop = asyncio.get_running_loop()
        self._loaded: _Future = self._loop.create_future()
        self._present: _Future | None = None
        self._predict: Predict | None = None
        self._faults = 0
        self._seen: _Future | None = None
        self._seen_times = 0
        self._thread = threading.Thread(target=self._work, name="predict", daemon=True)

    # ---- in the event loop

    def begin(self) -> "asyncio.Future[None]":
        self._thread.start()
        return self._loaded

    def end(self, why: Exception | None = None) -> list[_Job]:
        """Fail what is under way, have the thread end when it can, and return what still waits."""
        waiting: list[_Job] = []
        with contextlib.suppress(Empty):
            while True:
                if job := self.jobs.get_nowait():
                    waiting.append(job)
        self.jobs.put(None)
        if (present := self._present) and present is not self._loaded:
            _resolve(present, None, why or Lost("Expected an answer, but the predict thread was replaced"))
        return waiting

    def trouble(self, patience: int) -> str | None:
        if not self._thread.is_alive():
            return "died"
        if self._faults > MAX_FAULTS:
            return "fails"
        present = self._present if self._predict else None
        self._seen_times = self._seen_times + 1 if present and present is self._seen else 0
        self._seen = present
        return "hangs" if self._seen_times >= patience else None

    # ---- in the thread

    def _work(self) -> None:
        can_go_on = self._run(self._loaded, self._keep_models)
        while can_go_on and (job := self.jobs.get()):
            finding, model, question = job
            can_go_on = finding.cancelled() or self._run(finding, self._answer, model, question)

    def _keep_models(self) -> None:
        self._predict = self._load()

    def _answer(self, model: str, question: Any) -> Any:
        assert self._predict
        try:
            finding = self._predict(model, question)
        except Exception:
            self._faults += 1
            raise
        self._faults = 0
        return finding

    def _run(self, future: _Future, call: Callable[..., Any], *args: Any) -> bool:
        """Settle a future with what a call comes to; say whether the thread can go on."""
        result, failure, can_go_on = None, None, True
        self._present = future
        try:
            result = call(*args)
        except Exception as fault:
            failure = fault
        except BaseException as fault:
            log.exception("The predict thread ends")
            failure, can_go_on = Lost(f"Expected to go on, but: {type(fault).__name__}"), False
        # An event loop that is closed waits for nothing.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_resolve, future, result, failure)
        self._present = None
        return can_go_on


def _resolve(future: _Future, result: Any, failure: Exception | None) -> None:
    """Settle a future, unless that was done already: by whoever replaced the thread, or gave up waiting."""
    if future.done():
        return
    if failure:
        future.set_exception(failure)
    else:
        future.set_result(result)
