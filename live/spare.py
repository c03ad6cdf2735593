"""The spare time: has images scored when nobody waits for a prediction.

Explanations need hundreds of images scored, and nobody's prediction may wait for them. So they go into the
batcher's lower lane in small slices. A slice ends early as soon as somebody draws, and the next one then
waits for a while: whatever it took would be missing for predictions.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from live.batcher import Batcher
from live.errors import Internal, LiveError
from live.ink import Images
from live.lanes import Cut
from live.verdict import Probabilities

log = logging.getLogger(__name__)

CHUNK = 4
"""Images in one model call: about 0.3 ms, the longest that a prediction waits for them."""
SLICE = 64
"""Images in one turn of the lower lane, where uploads wait too."""

PAUSE = 4.0
"""How long to keep away after a slice that somebody's drawing ended, in durations of that slice: explanations
get a fifth of the model's time while others draw, and all of it when nobody does."""

Score = Callable[[Images], Probabilities]


class ImageSource(Protocol):
    """Images that can be had in parts; an array (N, 28, 28) is one."""

    def __len__(self) -> int:
        """Count them."""

    def __getitem__(self, part: slice) -> Images:
        """Make some, in the predict thread."""


class Work:
    """Images to score, slice by slice: made in the event loop, worked on in the predict thread alone."""

    def __init__(self, model: str, images: ImageSource, is_pressed: Callable[[], bool]) -> None:
        self.model = model
        self.found: list[Probabilities] = []
        self.is_done = False
        self.has_failed = False
        self.was_pressed = False
        """Somebody's drawing ended the last slice."""
        self._images = images
        self._is_pressed = is_pressed
        self._next = 0

    def advance(self, score: Score) -> None:
        """Score some more: at least one chunk, and at most a slice, until somebody waits for a prediction.

        What goes wrong fails this work alone: predictions are in the same batch, and the same thread's.
        """
        try:
            self._advance(score)
        except Exception:
            log.exception("Images for an explanation could not be scored")
            self.is_done = self.has_failed = True

    def _advance(self, score: Score) -> None:
        end = min(self._next + SLICE, len(self._images))
        while self._next < end:
            self.found.append(score(self._images[self._next : min(self._next + CHUNK, end)]))
            self._next += CHUNK
            self.was_pressed = self._is_pressed()
            if self.was_pressed:
                break
        self._next = min(self._next, len(self._images))
        self.is_done = self._next == len(self._images)


_Job = tuple[Work, asyncio.Future[Probabilities]]


class SpareTime:
    """Who waits for scores: first come first served, one slice after the other.

    To the batcher it is one waiter, so that a turn of the lower lane is one slice. Tasks of one event loop
    await `score`; the batcher, in the same loop, takes, answers and fails.
    """

    def __init__(self, batcher: Batcher[Any, Any]) -> None:
        self._batcher = batcher
        self._jobs: deque[_Job] = deque()
        self._pause: asyncio.TimerHandle | None = None

    async def score(self, model: str, images: ImageSource) -> Probabilities:
        """Score at least one image → (N, 10). Who gives up waiting leaves the queue. Raises LiveError."""
        work = Work(model, images, lambda: self._batcher.is_pressed)
        job = work, asyncio.get_running_loop().create_future()
        self._jobs.append(job)
        self._go_on()
        try:
            found: Probabilities = await job[1]
            return found
        finally:
            if job in self._jobs:
                self._jobs.remove(job)

    # ---- for the batcher

    @property
    def model(self) -> str:
        """The model that is to score next."""
        return self._jobs[0][0].model if self._jobs else ""

    def take(self) -> Work | None:
        """Hand out the next slice."""
        return self._jobs[0][0] if self._jobs else None

    def answer(self, item: Work, _: object, cut: Cut) -> None:
        """Take back a slice, and go on with the next."""
        job = self._find(item) if item.is_done else None
        if job:
            self._jobs.remove(job)
            if item.has_failed:
                job[1].set_exception(Internal("Expected to score images, but that failed"))
            else:
                job[1].set_result(np.concatenate(item.found))
        if item.was_pressed:
            pause_s = PAUSE * (cut.done_at - cut.began_at)
            self._pause = asyncio.get_running_loop().call_later(pause_s, self._end_pause)
        self._go_on()

    def fail(self, item: Work, error: LiveError) -> None:
        """Take the news that a slice could not be scored."""
        job = self._find(item)
        if job:
            self._jobs.remove(job)
            job[1].set_exception(error)
        self._go_on()

    def _find(self, item: Work) -> "_Job | None":
        """Find the job of a slice, unless nobody waits for it any more."""
        return next((job for job in self._jobs if job[0] is item and not job[1].done()), None)

    def _end_pause(self) -> None:
        self._pause = None
        self._go_on()

    def _go_on(self) -> None:
        if self._jobs and not self._pause:
            self._batcher.put(self, is_bulk=True)
