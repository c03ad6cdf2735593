"""The Python client: ink and pictures to a server, typed predictions back.

    async with Client("http://127.0.0.1:8000") as client:
        prediction = await client.read(strokes)          # or the bytes of a picture's file

`live.blocking` has the same without async. One session lasts over connections that come and go: the client
comes back after a growing, jittered pause, and sends its last snapshot again. To a server that then has the
chosen model no more it sends nothing, and raises Refused until another is chosen. It knows the wire format,
and nothing of the server.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Self, get_args

import msgspec

from live.answers import Answers
from live.explaining.explanation import Explanation
from live.link import Frame, Link, Refused
from live.messages import (
    HEADER,
    KIND_PICTURE,
    Configure,
    Error,
    Include,
    InkMessage,
    Prediction,
    Ready,
    ServerMessage,
)

__all__ = ["Client", "Drawing", "Refused", "Strokes"]

log = logging.getLogger(__name__)

Strokes = Sequence[Sequence[Sequence[float]]]
Drawing = Strokes | bytes
"""Ink as strokes of points, x to the right and y down; or a PNG, JPEG, WebP, GIF or BMP file's bytes."""

_encode = msgspec.json.Encoder().encode


class Client:
    """One session with a server. Use it as a context manager, from one event loop.

    Its link's task brings what comes; whoever sends writes to the open connection, and `_last` is what is
    sent again on the next.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        model: str | None = None,
        include: Sequence[Include] = (),
        token: str = "",
        timeout_s: float = 30.0,
        reach_s: float | None = None,
    ) -> None:
        """reach_s: how long to try at first if nobody is there at all (default: timeout_s).

        Raises BadAddress, a ValueError, when the URL is none.
        """
        self.url = url
        self._link = Link(
            url, token, greet=self._greet, take=self._take, too_big=self._give_up, end=self._end
        )
        self._timeout_s = timeout_s
        self._reach_s = timeout_s if reach_s is None else min(reach_s, timeout_s)
        self._configuration = Configure(model, list(include))
        self._seq = -1
        self.rev = 0
        """Of the drawing as it is now: predictions of another are about one that is gone."""
        self._last: Frame | None = None
        self._predictions = Answers[Prediction]()
        self._explanations = Answers[Explanation]()
        self.failure: Exception | None = None
        """Why there will be no more predictions."""

    async def __aenter__(self) -> Self:
        """Connect. Raises Refused, or TimeoutError when there is no server within the time."""
        self._link.open()
        try:
            await self._link.wait_until_settled(self._timeout_s, self._reach_s)
            if self.failure:
                raise self.failure
            self._check(self._configuration.model, self._configuration.include or ())
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the session; who still waits for an answer gets ConnectionError."""
        try:
            await self._link.close()
        finally:
            self._end(ConnectionError("Expected an answer, but the client was closed"))

    @property
    def ready(self) -> Ready:
        """What the server said of itself, its models and its limits."""
        return self._link.ready

    @property
    def is_connected(self) -> bool:
        """Whether the server is there now; if not, the client is about to try again."""
        return self._link.is_connected

    async def configure(self, *, model: str | None = None, include: Sequence[Include] | None = None) -> None:
        """Choose the model and what predictions include; what is left out stays as it is.

        Raises Refused when the server has no such thing; then nothing changes.
        """
        current = self._configuration
        wanted = Configure(model or current.model, current.include if include is None else list(include))
        self._check(wanted.model, wanted.include or ())
        self._configuration = wanted
        await self._link.write(self._configure_frame())

    async def send(self, drawing: Drawing, *, is_new: bool = False) -> int:
        """Send a snapshot and don't wait; return its number, which its prediction carries.

        is_new: the drawing was begun afresh; older predictions are of another one (the protocol's `rev`).
        Raises Refused when it is larger than the server reads, or the server came back without the chosen
        model.
        """
        # What is refused has begun a drawing, too.
        self.rev += is_new
        self._check(self._configuration.model)
        self._seq += 1
        frame, most = self._frame(drawing), self.ready.limits.frame_bytes
        if len(frame) > most:
            raise Refused("too_large", f"Expected a drawing of at most {most} bytes, got {len(frame)}")
        self._last = frame
        await self._link.write(frame)
        return self._seq

    async def read(self, drawing: Drawing) -> Prediction:
        """Send a snapshot and wait for its prediction, or that of one sent later.

        Raises Refused, ConnectionError when the client is closed, TimeoutError when there is no answer.
        """
        if self.failure:
            raise self.failure
        async with asyncio.timeout(self._timeout_s):
            # Sending waits, too, where the server does not read.
            seq = await self.send(drawing, is_new=True)
            prediction = await self._predictions.wait_for(seq)
        assert prediction
        return prediction

    def predictions(self) -> AsyncIterator[Prediction]:
        """Yield predictions as they come, until the client is closed."""
        return self._predictions.all()

    async def explain(self, drawing: Drawing) -> Explanation | None:
        """Send a snapshot and wait for its explanation, or that of one sent later; None if nothing is drawn.

        Asks for explanations, if the client does not yet. Raises Refused, ConnectionError when the client is
        closed, TimeoutError when there is no answer.
        """
        if self.failure:
            raise self.failure
        include = self._configuration.include or []
        async with asyncio.timeout(self._timeout_s):
            if "explanation" not in include:
                await self.configure(include=[*include, "explanation"])
            seq = await self.send(drawing, is_new=True)
            return await self._explanations.wait_for(seq)

    def explanations(self) -> AsyncIterator[Explanation]:
        """Yield explanations as they come, if they are included, until the client is closed."""
        return self._explanations.all()

    # ---- for the link

    def _greet(self) -> Iterator[Frame]:
        """Say again what a new connection does not know, if it can be read with the chosen model."""
        try:
            self._check(self._configuration.model)
        except Refused as refused:
            if self._last is not None:
                log.warning("The last drawing was not sent again: %s", refused)
            self._fail_all(refused)
            return
        if self._configuration.model or self._configuration.include:
            yield self._configure_frame()
        if self._last is not None:
            yield self._last

    def _take(self, message: ServerMessage) -> None:
        if isinstance(message, Prediction):
            self._predictions.take(message, message.seq)
            if message.digit is None:
                self._explanations.hand_out(None, message.seq)
        elif isinstance(message, Explanation):
            self._explanations.take(message, message.seq)
        elif isinstance(message, Error):
            self._take_error(message)

    def _take_error(self, error: Error) -> None:
        refused = Refused(error.code, error.message)
        # Which snapshot can't be explained is not said, and that it was is no matter of its prediction.
        seq = self._seq if error.seq is None else error.seq
        is_known = error.seq is not None and self._predictions.fail(seq, refused)
        if not (self._explanations.fail(seq, refused) or is_known):
            log.warning("The server answered %s", refused)

    def _give_up(self) -> None:
        """Send the last snapshot no more: the server, or what is before it, reads none so large."""
        if self._last is not None:
            refused = Refused("too_large", f"Expected a smaller drawing, got {len(self._last)} bytes")
            self._last = None
            self._fail_all(refused)

    def _fail_all(self, failure: Exception) -> None:
        self._predictions.fail_all(failure)
        self._explanations.fail_all(failure)

    def _end(self, failure: Exception) -> None:
        self.failure = self.failure or failure
        self._predictions.end(failure)
        self._explanations.end(failure)

    def _check(self, model: str | None, include: Sequence[Include] = ()) -> None:
        models = [each.name for each in self.ready.models]
        if model and model not in models:
            raise Refused("unknown_model", f"Expected one of the models {', '.join(models)}, got {model}")
        if not set(include) <= set(get_args(Include)):
            raise Refused("bad_message", f"Expected include of {', '.join(get_args(Include))}, got another")

    def _configure_frame(self) -> Frame:
        return _encode(self._configuration).decode()

    def _frame(self, drawing: Drawing) -> Frame:
        if isinstance(drawing, bytes):
            return HEADER.pack(KIND_PICTURE, 1, 0, self._seq, self.rev) + drawing
        strokes = [[[float(number) for number in point] for point in stroke] for stroke in drawing]
        return _encode(InkMessage(self._seq, strokes, self.rev)).decode()
