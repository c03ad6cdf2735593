"""The batcher: who is waiting → one predict call → everyone answered exactly once.

Third step of the flow. What waits in its queue is not snapshots but *waiters*: sessions that have something
new, each once, first come first served. A batch is cut when, and only when, predict is free, and takes
each waiter's newest snapshot at that very moment. That is all it takes for four things at once:

- no added delay when idle, and batches that grow with the load by themselves: no timer, just a few turns of
  the event loop between two, for those who come with the answers to the first;
- the newest snapshot is predicted, never an old one;
- one snapshot a waiter a batch, whoever floods;
- memory bounded by the number of waiters.

Who waits behind a whole batch is far: nothing that came in now could be predicted before that batch is. The
batcher tells them when they are near, so that a flood is read in few, large pieces, and just in time.

Bulk (uploaded archives, say) waits in lanes of its own, which are cut when nobody draws, or every ninth time.

It knows no model and no websocket: it is given `predict`.
"""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

from live.errors import Internal, LiveError, Overloaded

log = logging.getLogger(__name__)

_WORTHWHILE = 32
"""From here on, larger batches hardly cost less an item."""
_TURNS = 4
"""Of the event loop, at most, between two batches."""
BULK_BATCH = 8
"""Items of bulk in one model call: someone who draws waits for no more than a quarter of a batch of 32."""
BULK_PATIENCE = 8
"""Batches that go before one of bulk when there is no end of them."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Answer_contra = TypeVar("Answer_contra", contravariant=True)


class Cut(NamedTuple):
    """A batch as it was run: its model and size, and when it was cut and answered (seconds)."""

    model: str
    size: int
    cut_at: float
    done_at: float


class Waiter(Protocol[Item, Answer_contra]):
    """Someone with at most one newest item. All calls come from the event loop, and must not raise."""

    @property
    def model(self) -> str:
        """The model that is to predict the item; it may change while waiting."""

    def take(self) -> Item | None:
        """Hand out the newest item; None if there is none any more."""

    def answer(self, item: Item, answer: Answer_contra, cut: Cut) -> None:
        """Take the answer to an item that was taken."""

    def fail(self, item: Item, error: LiveError) -> None:
        """Take the news that an item that was taken will not be answered."""


def batch_size(waiting: int, max_batch: int) -> int:
    """Say how many of those who wait are predicted together.

    All, if one batch takes them: the caches are cold at each step of a batch, and 64 sessions' answers cost a
    tenth more in turns of 32. Else half of them, where that is worthwhile: those who are answered come back
    while the others are predicted, and 96 get a tenth more answers in turns of 48 than of 64 and 32.
    """
    return waiting if waiting <= max_batch else min(max_batch, max(waiting // 2, _WORTHWHILE))


Predict = Callable[[str, Sequence[Item]], Awaitable[Sequence[Answer]]]
"""A model's name and items → as many answers, in order. The call begins to find them, and what it returns is
awaited once, until they are there; one call at a time."""


class Batcher(Generic[Item, Answer]):
    """The queue and the loop that empties it.

    `put` may be called by any task of the event loop; `run` is the one task that cuts batches and answers
    them. A waiter is in the queue at most once. An item that is taken is answered or failed exactly once:
    with its answer, with `Internal` when predict raises, or with `Overloaded` when `run` is cancelled.
    """

    def __init__(
        self,
        predict: "Predict[Item, Answer]",
        max_batch: int,
        on_cut: Callable[[Cut], None] = lambda cut: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._predict = predict
        self._max_batch = max_batch
        self._on_cut = on_cut
        self._clock = clock
        # One lane a model, so that each batch has one model; the lanes take turns.
        self._lanes: OrderedDict[str, deque[Waiter[Item, Answer]]] = OrderedDict()
        self._bulk: OrderedDict[str, deque[Waiter[Item, Answer]]] = OrderedDict()
        self._passed_over = 0
        self._queued: set[Waiter[Item, Answer]] = set()
        self._far: dict[Waiter[Item, Answer], Callable[[], None]] = {}
        self._has_work = asyncio.Event()
        self._cut_at: float | None = None

    def put(self, waiter: Waiter[Item, Answer], is_bulk: bool = False) -> None:
        """Queue a waiter that has something new; one that is queued already keeps its place.

        is_bulk: it is one of many that nobody watches; those who draw go first.
        """
        if waiter in self._queued:
            return
        self._queued.add(waiter)
        lanes = self._bulk if is_bulk else self._lanes
        lane = lanes.get(waiter.model)
        if lane is None:
            lane = lanes[waiter.model] = deque()
        lane.append(waiter)
        self._has_work.set()

    def remove(self, waiter: Waiter[Item, Answer]) -> None:
        """Forget a waiter that has gone: its `take` is not called again until it is put again."""
        self._queued.discard(waiter)
        self.call(waiter)

    def far(self, waiter: Waiter[Item, Answer], come_near: Callable[[], None]) -> bool:
        """Say whether a waiter that was just put is far; if so, have it called once, when it comes near.

        Near: there are fewer before it than one batch takes. One that was in the queue before is not far.
        """
        lane = self._lanes.get(waiter.model)
        if not lane or len(lane) <= self._max_batch or lane[-1] is not waiter:
            return False
        self._far[waiter] = come_near
        return True

    def call(self, waiter: Waiter[Item, Answer]) -> None:
        """Tell a waiter that is far that it is near, whether it is or not."""
        if come_near := self._far.pop(waiter, None):
            come_near()

    @property
    def is_pressed(self) -> bool:
        """Somebody waits who is not bulk; any thread may ask."""
        return bool(self._lanes)

    @property
    def is_predicting(self) -> bool:
        """A batch is with predict."""
        return self._cut_at is not None

    @property
    def busy_s(self) -> float:
        """How long predict has been at the present batch; 0 when it is idle."""
        return 0.0 if self._cut_at is None else self._clock() - self._cut_at

    def __len__(self) -> int:
        """Count the waiters in the queue."""
        return len(self._queued)

    async def run(self) -> None:
        """Cut and answer batches until cancelled; then fail what was taken, and let predict finish.

        While whole batches wait, the next is cut before the last is answered: predict need not wait for that.
        Else it is cut after, and has those who come with the answers: larger batches, and no contention for
        the interpreter lock, for an eighth (64 sessions) to a quarter (16) less processor time an answer.
        """
        while True:
            await self._has_work.wait()
            under_way = self._begin()
            while under_way:
                batch, answers = under_way, await self._predicted(under_way)
                done_at = self._clock()
                under_way = self._begin() if len(self._queued) >= self._max_batch else None
                self._tell(batch, answers, done_at)
                # Those in it may have gone, and it may be the last for a while.
                del batch, answers
                if not under_way:
                    await self._let_come()
                    under_way = self._begin() if self._has_work.is_set() else None

    async def _let_come(self) -> None:
        """Give the event loop's next turns to those who come, as long as each turn brings somebody."""
        for _ in range(_TURNS):
            waiting = len(self._queued)
            await asyncio.sleep(0)
            if len(self._queued) <= waiting:
                break

    def _begin(self) -> "_UnderWay[Item, Answer] | None":
        """Cut a batch and have it predicted; None if nobody who waited has something left."""
        model, taken = self._cut()
        if not taken:
            return None
        items = [item for _, item in taken]
        self._cut_at = self._clock()
        return _UnderWay(model, taken, self._cut_at, self._predict(model, items))

    def _cut(self) -> "tuple[str, list[tuple[Waiter[Item, Answer], Item]]]":
        """Take the newest item of up to `max_batch` waiters from the lane whose turn it is."""
        is_bulk = self._is_bulks_turn()
        lanes = self._bulk if is_bulk else self._lanes
        model, lane = lanes.popitem(last=False)
        most = min(BULK_BATCH, self._max_batch) if is_bulk else batch_size(len(lane), self._max_batch)
        batch: list[tuple[Waiter[Item, Answer], Item]] = []
        while lane and len(batch) < most:
            waiter = lane.popleft()
            if waiter not in self._queued:
                continue
            self._queued.discard(waiter)
            if self._far:
                # Those between it and the last batch may have gone, and it was never near.
                self.call(waiter)
            if waiter.model != model:
                self.put(waiter, is_bulk)
                continue
            item = waiter.take()
            if item is not None:
                batch.append((waiter, item))
        if lane:
            lanes[model] = lane
            if self._far:
                for waiter in islice(lane, self._max_batch):
                    self.call(waiter)
        if not (self._lanes or self._bulk):
            self._has_work.clear()
        return model, batch

    def _is_bulks_turn(self) -> bool:
        """Say whether the next batch is of bulk: nobody else waits, or it was passed over long enough."""
        if self._lanes and (not self._bulk or self._passed_over < BULK_PATIENCE):
            self._passed_over += bool(self._bulk)
            return False
        self._passed_over = 0
        return True

    async def _predicted(self, batch: "_UnderWay[Item, Answer]") -> Sequence[Answer] | LiveError:
        """Wait for a batch's answers; return the error for those in it if there are none."""
        try:
            answers = await batch.answers
            if len(answers) != len(batch.taken):
                raise ValueError(f"Expected {len(batch.taken)} answers from predict, got {len(answers)}")
        except asyncio.CancelledError:
            _fail(batch, Overloaded("Expected to answer, but the server is shutting down"))
            raise
        except Exception:
            log.exception("A batch of %d for model %s failed", len(batch.taken), batch.model)
            return Internal("Expected a prediction, but the model failed")
        finally:
            self._cut_at = None
        return answers

    def _tell(
        self, batch: "_UnderWay[Item, Answer]", answers: Sequence[Answer] | LiveError, done_at: float
    ) -> None:
        """Tell everyone in a batch what came of it."""
        if isinstance(answers, LiveError):
            _fail(batch, answers)
            return
        cut = Cut(batch.model, len(batch.taken), batch.cut_at, done_at)
        self._on_cut(cut)
        for (waiter, item), answer in zip(batch.taken, answers, strict=True):
            try:
                waiter.answer(item, answer, cut)
            except Exception:
                # A fault of one waiter's must not cost the others their answers, nor stop the loop.
                log.exception("A waiter could not take its answer")


class _UnderWay(NamedTuple, Generic[Item, Answer]):
    """A batch that is being predicted, and those who are in it."""

    model: str
    taken: list[tuple[Waiter[Item, Answer], Item]]
    cut_at: float
    answers: Awaitable[Sequence[Answer]]


def _fail(batch: _UnderWay[Item, Answer], error: LiveError) -> None:
    for waiter, item in batch.taken:
        waiter.fail(item, error)
