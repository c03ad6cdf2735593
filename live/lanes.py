"""The lanes: who waits for a batch, in which order, and who is in the next.

The batcher's queue, of waiters and not of snapshots, as batcher.py says.

Who waits behind a whole batch is far: nothing that came in now could be predicted before that batch is. They
are told when they are near, so that a flood is read in few, large pieces, and just in time.

Bulk (uploaded pictures, images to explain others by) waits in the *lower* lanes, which are cut when nobody
draws, or every ninth time.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice
from typing import Generic, NamedTuple, Protocol, TypeVar

from live.errors import LiveError

_WORTHWHILE = 32
"""From here on, larger batches hardly cost less an item."""
BULK_BATCH = 8
"""Items of bulk in one model call: someone who draws waits for no more than a quarter of a batch of 32."""
BULK_PATIENCE = 8
"""Batches that go before one of bulk when there is no end of them."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Answer_contra = TypeVar("Answer_contra", contravariant=True)


class Cut(NamedTuple):
    """A batch as it was run: its model and size, and when predict was there for it and done (seconds)."""

    model: str
    size: int
    began_at: float
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


class Lanes(Generic[Item, Answer]):
    """The queue: one lane a model, so that each batch has one model; the lanes take turns.

    All calls come from the event loop. A waiter is in the queue at most once.
    """

    def __init__(self, max_batch: int) -> None:
        self.max_batch = max_batch
        self.has_work = asyncio.Event()
        """Somebody waits."""
        self._lanes: OrderedDict[str, deque[Waiter[Item, Answer]]] = OrderedDict()
        self._bulk: OrderedDict[str, deque[Waiter[Item, Answer]]] = OrderedDict()
        self._passed_over = 0
        self._queued: set[Waiter[Item, Answer]] = set()
        self._far: dict[Waiter[Item, Answer], Callable[[], None]] = {}

    def put(self, waiter: Waiter[Item, Answer], is_bulk: bool = False) -> None:
        """Queue a waiter that has something new; one that is queued already keeps its place.

        is_bulk: into the lower lanes; those who draw go first.
        """
        if waiter in self._queued:
            return
        self._queued.add(waiter)
        lanes = self._bulk if is_bulk else self._lanes
        lane = lanes.get(waiter.model)
        if lane is None:
            lane = lanes[waiter.model] = deque()
        lane.append(waiter)
        self.has_work.set()

    def remove(self, waiter: Waiter[Item, Answer]) -> None:
        """Forget a waiter that has gone: its `take` is not called again until it is put again."""
        self._queued.discard(waiter)
        self.call(waiter)

    def far(self, waiter: Waiter[Item, Answer], come_near: Callable[[], None]) -> bool:
        """Say whether a waiter that was just put is far; if so, have it called once, when it comes near.

        Near: there are fewer before it than one batch takes. One that was in the queue before is not far.
        """
        lane = self._lanes.get(waiter.model)
        if not lane or len(lane) <= self.max_batch or lane[-1] is not waiter:
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
    def is_crowded(self) -> bool:
        """A whole batch waits of those who draw."""
        return self._wait(self.max_batch)

    @property
    def is_worthwhile(self) -> bool:
        """So many wait of those who draw that with more of them a batch would hardly cost less an item."""
        return self._wait(min(self.max_batch, _WORTHWHILE))

    def _wait(self, count: int) -> bool:
        return any(len(lane) >= count for lane in self._lanes.values())

    def __len__(self) -> int:
        """Count the waiters in the queue."""
        return len(self._queued)

    def cut(self) -> "tuple[str, list[tuple[Waiter[Item, Answer], Item]]]":
        """Cut a batch from the lane whose turn it is → its model, and up to `max_batch` waiters and items.

        There may be none, if nobody who waited has something left.
        """
        is_bulk = self._is_bulks_turn()
        lanes = self._bulk if is_bulk else self._lanes
        model, lane = lanes.popitem(last=False)
        most = min(BULK_BATCH, self.max_batch) if is_bulk else batch_size(len(lane), self.max_batch)
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
                for waiter in islice(lane, self.max_batch):
                    self.call(waiter)
        if not (self._lanes or self._bulk):
            self.has_work.clear()
        return model, batch

    def _is_bulks_turn(self) -> bool:
        """Say whether the next batch is of bulk: nobody else waits, or it was passed over long enough."""
        if self._lanes and (not self._bulk or self._passed_over < BULK_PATIENCE):
            self._passed_over += bool(self._bulk)
            return False
        self._passed_over = 0
        return True
