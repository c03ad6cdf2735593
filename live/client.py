"""The Python client: ink and pictures to a server, typed predictions back.

    async with Client("http://127.0.0.1:8000") as client:
        prediction = await client.read(strokes)          # or the bytes of a picture's file

`live.blocking` has the same without async. One session lasts over connections that come and go: the client
comes back after a growing, jittered pause, and sends its last snapshot again. It knows the wire format, and
nothing of the server.
"""

import asyncio
import contextlib
import logging
import random
import struct
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from live.address import say_refused, say_why, websocket_url
from live.answers import hand_out, keep
from live.explaining.explanation import Explanation
from live.messages import (
    KIND_PICTURE,
    SUBPROTOCOL,
    Configure,
    Error,
    GoAway,
    Include,
    InkMessage,
    Prediction,
    Ready,
    ServerMessage,
)

log = logging.getLogger(__name__)

Strokes = Sequence[Sequence[Sequence[float]]]
Drawing = Strokes | bytes
"""Ink as strokes of points, x to the right and y down; or a PNG, JPEG, WebP, GIF or BMP file's bytes."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0
_RETRYABLE_STATUS = (429, 502, 503, 504)
_HEADER = struct.Struct("<BBHII")

_decode = msgspec.json.Decoder(ServerMessage).decode
_encode = msgspec.json.Encoder().encode


class Refused(Exception):
    """The server said no: to a snapshot, to a configuration, or to the connection."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Client:
    """One session with a server. Use it as a context manager, from one event loop.

    A task of its own connects and receives; whoever sends writes to the open connection, and `_last` is what
    is sent again on the next.
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
        self._websocket_url = websocket_url(url)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._reach_s = timeout_s if reach_s is None else min(reach_s, timeout_s)
        self._trouble: Exception | None = None
        """Why the last try to connect failed; an OSError where nobody was there."""
        self._configuration = Configure(model, list(include))
        self._seq = -1
        self._rev = 0
        self._last: str | bytes | None = None
        self._socket: ClientConnection | None = None
        self._unread: asyncio.Queue[Prediction | None] = asyncio.Queue()
        self._unread_explanations: asyncio.Queue[Explanation | None] = asyncio.Queue()
        self._readers: dict[int, asyncio.Future[Prediction]] = {}
        self._explainees: dict[int, asyncio.Future[Explanation | None]] = {}
        self._is_ready = asyncio.Event()
        self.failure: Exception | None = None
        """Why there will be no more predictions."""
        self._running: asyncio.Task[None] | None = None
        self.ready: Ready
        """What the server said of itself, its models and its limits."""

    async def __aenter__(self) -> Self:
        """Connect. Raises Refused, or TimeoutError when there is no server within the time."""
        self._running = asyncio.create_task(self._run())
        try:
            await self._wait_until_ready()
        except BaseException:
            await self.close()
            raise
        if self.failure:
            await self.close()
            raise self.failure
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the session; who still waits for an answer gets ConnectionError."""
        if self._running:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        self._end(ConnectionError("Expected an answer, but the client was closed"))

    @property
    def is_connected(self) -> bool:
        """Whether the server is there now; if not, the client is about to try again."""
        return self._socket is not None

    async def configure(self, *, model: str | None = None, include: Sequence[Include] | None = None) -> None:
        """Choose the model and what predictions include; what is left out stays as it is."""
        current = self._configuration
        self._configuration = Configure(
            model or current.model, current.include if include is None else list(include)
        )
        await self._write(_encode(self._configuration).decode())

    async def send(self, drawing: Drawing, *, is_new: bool = False) -> int:
        """Send a snapshot and don't wait; return its number, which its prediction carries.

        is_new: the drawing was begun afresh; older predictions are of another one (the protocol's `rev`).
        """
        self._seq += 1
        self._rev += is_new
        self._last = self._frame(drawing)
        await self._write(self._last)
        return self._seq

    async def read(self, drawing: Drawing) -> Prediction:
        """Send a snapshot and wait for its prediction, or that of one sent later.

        Raises Refused, ConnectionError when the client is closed, TimeoutError when there is no answer.
        """
        if self.failure:
            raise self.failure
        seq = await self.send(drawing, is_new=True)
        answer = self._readers[seq] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._timeout_s):
                prediction: Prediction = await answer
                return prediction
        finally:
            del self._readers[seq]

    async def predictions(self) -> AsyncIterator[Prediction]:
        """Yield predictions as they come, until the client is closed."""
        while (prediction := await self._unread.get()) is not None:
            yield prediction
        self._unread.put_nowait(None)

    async def explain(self, drawing: Drawing) -> Explanation | None:
        """Send a snapshot and wait for its explanation, or that of one sent later; None if nothing is drawn.

        Asks for explanations, if the client does not yet. Raises Refused, ConnectionError when the client is
        closed, TimeoutError when there is no answer.
        """
        if self.failure:
            raise self.failure
        include = self._configuration.include or []
        if "explanation" not in include:
            await self.configure(include=[*include, "explanation"])
        seq = await self.send(drawing, is_new=True)
        answer = self._explainees[seq] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._timeout_s):
                explanation: Explanation | None = await answer
                return explanation
        finally:
            del self._explainees[seq]

    async def explanations(self) -> AsyncIterator[Explanation]:
        """Yield explanations as they come, if they are included, until the client is closed."""
        while (explanation := await self._unread_explanations.get()) is not None:
            yield explanation
        self._unread_explanations.put_nowait(None)

    # ---- the connection

    async def _wait_until_ready(self) -> None:
        began = asyncio.get_running_loop().time()
        for wait_s in (self._reach_s, self._timeout_s):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(began + wait_s):
                    await self._is_ready.wait()
                    return
            if isinstance(self._trouble, OSError):
                break
        why = f": {say_why(self._trouble)}" if self._trouble else ""
        raise TimeoutError(f"none answered within {wait_s:g} s{why}")

    async def _run(self) -> None:
        """Connect again and again; what ends that is told to everyone who waits."""
        try:
            await self._keep_connected()
        except Exception as failure:
            self._end(failure)

    async def _keep_connected(self) -> None:
        tries = 0
        while True:
            pause_s = random.uniform(0, min(_FIRST_PAUSE_S * 2**tries, _LONGEST_PAUSE_S))
            try:
                async with websockets.connect(
                    self._websocket_url,
                    subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
                    additional_headers=self._headers,
                    compression=None,
                    max_size=None,
                ) as socket:
                    tries = 0
                    pause_s = await self._serve(socket)
            except websockets.InvalidStatus as refusal:
                status = refusal.response.status_code
                if status not in _RETRYABLE_STATUS:
                    self._end(Refused("refused", say_refused(status, bool(self._headers))))
                    return
                self._trouble = refusal
            except (OSError, websockets.WebSocketException) as error:
                self._trouble = error
                log.info("Lost the server; trying again in %.1f s", pause_s)
            finally:
                self._socket = None
            tries = min(tries + 1, 10)
            await asyncio.sleep(pause_s)

    async def _serve(self, socket: ClientConnection) -> float:
        """Receive until the connection ends; return how long to stay away, in seconds."""
        pause_s = 0.0
        async for text in socket:
            try:
                message = _decode(text)
            except msgspec.ValidationError:
                continue  # A later server's message; what we know of is still to come.
            if isinstance(message, Ready):
                self.ready = message
                self._socket = socket
                if self._configuration.model or self._configuration.include:
                    await socket.send(_encode(self._configuration).decode())
                if self._last is not None:
                    await socket.send(self._last)
                self._is_ready.set()
            elif isinstance(message, Prediction):
                self._take(message)
            elif isinstance(message, Explanation):
                hand_out(message, self._explainees, message.seq)
                keep(message, self._unread_explanations)
            elif isinstance(message, Error):
                self._take_error(message)
            elif isinstance(message, GoAway):
                pause_s = message.after_ms / 1e3 * random.uniform(1, 1.5)
        return pause_s

    async def _write(self, frame: str | bytes) -> None:
        """Send, if there is a connection; if not, the next one begins with the last snapshot anyway."""
        if self._socket:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(frame)

    def _frame(self, drawing: Drawing) -> str | bytes:
        if isinstance(drawing, bytes):
            return _HEADER.pack(KIND_PICTURE, 1, 0, self._seq, self._rev) + drawing
        strokes = [[[float(number) for number in point] for point in stroke] for stroke in drawing]
        return _encode(InkMessage(self._seq, strokes, self._rev)).decode()

    def _take(self, prediction: Prediction) -> None:
        hand_out(prediction, self._readers, prediction.seq)
        keep(prediction, self._unread)
        if prediction.digit is None:
            hand_out(None, self._explainees, prediction.seq)

    def _take_error(self, error: Error) -> None:
        refused = Refused(error.code, error.message)
        seq = self._seq if error.seq is None else error.seq
        groups: tuple[dict[int, asyncio.Future[Any]], ...] = (self._readers, self._explainees)
        waiting = [group[seq] for group in groups if seq in group and not group[seq].done()]
        for one in waiting:
            one.set_exception(refused)
        if not waiting:
            log.warning("The server answered %s", refused)

    def _end(self, failure: Exception) -> None:
        self.failure = self.failure or failure
        everyone: list[asyncio.Future[Any]] = [*self._readers.values(), *self._explainees.values()]
        for waiting in everyone:
            if not waiting.done():
                waiting.set_exception(failure)
        self._unread.put_nowait(None)
        self._unread_explanations.put_nowait(None)
        self._is_ready.set()
