"""The batcher: who is waiting → one predict call → everyone answered exactly once.

What waits in its queue is not snapshots but *waiters*: sessions that have something new, each once, first
come first served. A batch is cut when, and only when, predict is free or, in a crowd, at its last; it takes
each waiter's newest snapshot at that very moment. That is all it takes for four things at once:

- no added delay when idle, and batches that grow with the load by themselves: no timer, just a few turns of
  the event loop between two, for those who come with the answers to the first;
- the newest snapshot is predicted, never an old one;
- one snapshot a waiter a batch, whoever floods;
- memory bounded by the number of waiters.

It knows no model and no websocket: it is given `predict`.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from live.errors import Internal, Leaving, LiveError
from live.lanes import Answer, Cut, Item, Lanes, Waiter

log = logging.getLogger(__name__)

_TURNS = 4
"""Of the event loop, at most, between two batches."""
Answer_co = TypeVar("Answer_co", covariant=True)


class Asked(Protocol[Answer_co]):
    """Answers that predict was asked for, as an `asyncio.Future` of them; awaited once."""

    def done(self) -> bool:
        """Say whether they are there."""

    def cancel(self) -> bool:
        """Have nobody wait for them any more."""

    def __await__(self) -> Generator[Any, None, Sequence[Answer_co]]:
        """Wait until they are there."""


Predict = Callable[[str, Sequence[Item]], Asked[Answer]]
"""A model's name and items → as many answers, in order. The call begins to find them, or will once those of
the call before are found: there are two at most."""


class Batcher(Lanes[Item, Answer]):
    """The queue and the loop that empties it.

    `put` may be called by any task of the event loop; `run` is the one task that cuts batches and answers
    them. An item that is taken is answered or failed exactly once: with its answer, with what predict raises
    if that is for a client, with `Internal` if it is anything else, or with `Leaving` when `run` ends.
    """

    def __init__(
        self,
        predict: "Predict[Item, Answer]",
        max_batch: int,
        on_cut: Callable[[Cut], None] = lambda cut: None,
        clock: Callable[[], float] = time.perf_counter,
        size_of: Callable[[Sequence[Item]], int] = len,
    ) -> None:
        """size_of: how many items of a batch count in its size, as `Cut` has it."""
        super().__init__(max_batch)
        self._size_of = size_of
        self._predict = predict
        self._on_cut = on_cut
        self._clock = clock
        self._under_way: deque[_UnderWay[Item, Answer]] = deque()
        """What predict has: the batch it is at, and perhaps the next."""
        self._began_at = 0.0

    @property
    def is_predicting(self) -> bool:
        """A batch is with predict."""
        return bool(self._under_way)

    @property
    def busy_s(self) -> float:
        """How long predict has been at the present batch; 0 when it is idle."""
        return self._clock() - self._began_at if self._under_way else 0.0

    async def run(self) -> None:
        """Cut and answer batches until cancelled; then fail what was taken, and let predict finish.

        While whole batches wait, predict need not: it has the next before the last is answered and, if it is
        slower than all that is done here, the one after that, too, as long as that is worthwhile. With 256
        sessions and a model that takes 320 us, this is worth a sixth. Else a batch is cut after the last is
        answered, and has those who come with the answers: larger batches, and no contention for the
        interpreter lock, for an eighth (64 sessions) to a quarter (16) less processor time an answer.
        """
        try:
            while True:
                await self.has_work.wait()
                self._begin()
                while self._under_way:
                    await self._answer_first()
                    await self._let_come()
                    if self._is_next_due:
                        self._begin()
        finally:
            for batch in self._under_way:
                batch.answers.cancel()
                _fail(batch.taken, Leaving())
            self._under_way.clear()

    async def _answer_first(self) -> None:
        """Wait for the answers that predict is at, and have everyone told."""
        batch = self._under_way[0]
        answers = await self._found(batch)
        size = self._size_of([item for _, item in batch.taken])
        cut = Cut(batch.model, size, self._began_at, self._clock())
        self._began_at = cut.done_at
        self._under_way.popleft()
        if self.is_crowded and not self._under_way:
            self._begin()
        self._tell(batch, answers, cut)

    @property
    def _is_next_due(self) -> bool:
        """It is time to cut another batch."""
        if self._under_way:
            return self.is_worthwhile and not self._under_way[0].answers.done()
        return self.has_work.is_set()

    async def _let_come(self) -> None:
        """Give the event loop's next turns to those who come, as long as each turn brings somebody."""
        for _ in range(_TURNS):
            waiting = len(self)
            await asyncio.sleep(0)
            if len(self) <= waiting:
                break

    def _begin(self) -> None:
        """Cut a batch, and have it predicted if there is something in it."""
        model, taken = self.cut()
        if not taken:
            return
        if not self._under_way:
            self._began_at = self._clock()
        try:
            answers = self._predict(model, [item for _, item in taken])
        except LiveError as error:
            _fail(taken, error)
        except Exception:
            _fail(taken, _fault(model, len(taken)))
        else:
            self._under_way.append(_UnderWay(model, taken, answers))

    async def _found(self, batch: "_UnderWay[Item, Answer]") -> Sequence[Answer] | LiveError:
        """Wait for a batch's answers; return the error for those in it if there are none."""
        try:
            answers = await batch.answers
            if len(answers) != len(batch.taken):
                raise ValueError(f"Expected {len(batch.taken)} answers from predict, got {len(answers)}")
        except LiveError as error:
            return error
        except Exception:
            return _fault(batch.model, len(batch.taken))
        return answers

    def _tell(
        self, batch: "_UnderWay[Item, Answer]", answers: Sequence[Answer] | LiveError, cut: Cut
    ) -> None:
        """Tell everyone in a batch what came of it."""
        if isinstance(answers, LiveError):
            _fail(batch.taken, answers)
            return
        self._on_cut(cut)
        for (waiter, item), answer in zip(batch.taken, answers, strict=True):
            try:
                waiter.answer(item, answer, cut)
            except Exception:
                # A fault of one waiter's must not cost the others their answers, nor stop the loop.
                log.exception("A waiter could not take its answer")


class _UnderWay(NamedTuple, Generic[Item, Answer]):
    """A batch that predict has, and those who are in it."""

    model: str
    taken: list[tuple[Waiter[Item, Answer], Item]]
    answers: Asked[Answer]


def _fault(model: str, count: int) -> Internal:
    """Log the exception that a batch failed with, and return what those in it are told."""
    log.exception("A batch of %d for model %s failed", count, model)
    return Internal("Expected a prediction, but the model failed")


def _fail(taken: Sequence[tuple[Waiter[Item, Answer], Item]], error: LiveError) -> None:
    for waiter, item in taken:
        waiter.fail(item, error)
