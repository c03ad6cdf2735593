"""The Python client without async: the same calls as `live.client`, each of which waits.

with Blocking("http://127.0.0.1:8000") as client:
    prediction = client.read(strokes)
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from live.client import Client, Drawing
from live.explaining.explanation import Explanation
from live.messages import Include, Prediction, Ready

_Result = TypeVar("_Result")


class Blocking:
    """A client whose calls wait. A thread of its own runs the event loop."""

    def __init__(self, url: str = "http://127.0.0.1:8000", **options: Any) -> None:
        self._client = Client(url, **options)
        self._loop: asyncio.AbstractEventLoop | None = None
        """There while the client is open."""

    def __enter__(self) -> Self:
        """Connect. Raises Refused or TimeoutError."""
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="live-digits", daemon=True)
        self._thread.start()
        try:
            self._wait(self._client.__aenter__())
        except BaseException:
            self._wait(self._client.close())
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait(self._client.close())
        self._stop()

    @property
    def ready(self) -> Ready:
        """What the server said of itself, its models and its limits."""
        return self._client.ready

    def configure(self, *, model: str | None = None, include: Sequence[Include] | None = None) -> None:
        """Choose the model and what predictions include; what is left out stays as it is. Raises Refused."""
        self._wait(self._client.configure(model=model, include=include))

    def send(self, drawing: Drawing, *, is_new: bool = False) -> int:
        """Send a snapshot and don't wait for its prediction; return its number. Raises Refused."""
        return self._wait(self._client.send(drawing, is_new=is_new))

    def read(self, drawing: Drawing) -> Prediction:
        """Send a snapshot and wait for its prediction. Raises Refused, ConnectionError or TimeoutError."""
        return self._wait(self._client.read(drawing))

    def explain(self, drawing: Drawing) -> Explanation | None:
        """Send a snapshot and wait for its explanation; None if nothing is drawn. Raises as `read` does."""
        return self._wait(self._client.explain(drawing))

    def predictions(self) -> Iterator[Prediction]:
        """Yield predictions as they come, until the client is closed."""
        return self._iterate(self._client.predictions())

    def explanations(self) -> Iterator[Explanation]:
        """Yield explanations as they come, if they are included, until the client is closed."""
        return self._iterate(self._client.explanations())

    def _iterate(self, coming: AsyncIterator[_Result]) -> Iterator[_Result]:
        while True:
            try:
                yield self._wait(_next(coming))
            except StopAsyncIteration:
                return

    def _wait(self, call: Coroutine[Any, Any, _Result]) -> _Result:
        if not self._loop:
            call.close()
            raise RuntimeError("Expected a call inside `with Blocking(…) as client:`, got one outside")
        waiting = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return waiting.result()
        except BaseException:
            # Who was interrupted while waiting wants no answer any more.
            waiting.cancel()
            raise

    def _stop(self) -> None:
        # A call that was interrupted may still be on its way out.
        self._wait(_end_all())
        loop, self._loop = self._loop, None
        assert loop
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.close()


async def _next(coming: AsyncIterator[_Result]) -> _Result:
    return await anext(coming)


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
