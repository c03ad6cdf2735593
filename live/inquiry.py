"""An inquiry: one snapshot that somebody asks about once, without a session.

What the HTTP routes put into the batcher beside the sessions.
"""

import asyncio
import time

from live.errors import LiveError
from live.ink import Image
from live.lanes import Cut
from live.messages import Include, Prediction, Snapshot
from live.prediction import Answer, tell
from live.service import Service
from live.session import Waiting


class Inquiry:
    """A waiter with one snapshot and a future that is resolved exactly once.

    The batcher takes, answers and fails; `ask` alone awaits.
    """

    def __init__(
        self,
        service: Service,
        snapshot: Snapshot,
        model: str,
        include: tuple[Include, ...],
        image: Image | None = None,
    ) -> None:
        self.model = model
        self._batcher = service.batcher
        self._explainer = service.explainer
        self._item = Waiting(snapshot, time.perf_counter(), image)
        self._waiting: Waiting | None = self._item
        self._include = include
        self._prediction: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()

    async def ask(self, is_bulk: bool = False) -> Prediction:
        """Wait for the prediction; whoever gives up waiting leaves the queue. Raises LiveError."""
        self._batcher.put(self, is_bulk)
        try:
            prediction = await self._prediction
        finally:
            self._batcher.remove(self)
        if "explanation" in self._include and prediction.digit is not None:
            prediction.explanation = await self._explainer.explain(self._item, prediction)
        return prediction

    def take(self) -> Waiting | None:
        """Hand out the snapshot."""
        waiting, self._waiting = self._waiting, None
        return waiting

    def answer(self, item: Waiting, answer: Answer, cut: Cut) -> None:
        """Resolve with the prediction, unless nobody waits any more."""
        if not self._prediction.done():
            self._prediction.set_result(tell(item, answer, cut, self._include))

    def fail(self, item: Waiting, error: LiveError) -> None:
        """Resolve with the error."""
        if not self._prediction.done():
            self._prediction.set_exception(error)
