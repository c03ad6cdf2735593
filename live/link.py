"""The link of a client to its server, over connections that come and go.

Called by the client: it says what is sent first on each connection, and takes the messages that come. After a
connection has ended, however it ended, the next one comes after what the server asked for, if it did, and a
jittered pause, which grows with each failure in a row.
"""

import asyncio
import contextlib
import logging
import math
import random
from collections.abc import Callable, Iterable
from http import HTTPStatus

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection

from live.address import say_refused, say_why, websocket_url
from live.messages import SUBPROTOCOL, GoAway, Ready, ServerMessage

log = logging.getLogger(__name__)

Frame = str | bytes

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0
_LASTING_S = 5.0
"""A connection that was open for less counts as a failure: a server may let everybody in, and then send them
away at once."""
_GOODBYE_S = 1.0
"""That a server gets to answer a goodbye: one that hangs must not hold up who wants to leave."""

_decode = msgspec.json.Decoder(ServerMessage).decode


class Refused(Exception):
    """The server said no: to a snapshot, to a configuration, or to the connection."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Link:
    """A connection, or the next one. One event loop owns it.

    A task of its own connects and receives; whoever sends writes to the open connection.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        greet: Callable[[], Iterable[Frame]],
        take: Callable[[ServerMessage], None],
        too_big: Callable[[], None],
        end: Callable[[Exception], None],
    ) -> None:
        """greet: what to send first on a connection; end: told once why there will be no more of them.

        too_big: told that the server left because of a frame that is larger than it reads.

        Raises BadAddress when the URL is none.
        """
        self._websocket_url = websocket_url(url)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._greet = greet
        self._take = take
        self._too_big = too_big
        self._end = end
        self._trouble: Exception | None = None
        """Why the last try to connect failed; an OSError where nobody was there."""
        self._asked_s = 0.0
        """How long the server asked to be left alone."""
        self._socket: ClientConnection | None = None
        self._is_settled = asyncio.Event()
        """The server was there, or it is known that it never will be."""
        self._running: asyncio.Task[None] | None = None
        self.ready: Ready
        """What the server said of itself, its models and its limits."""

    def open(self) -> None:
        """Start to connect."""
        self._running = asyncio.create_task(self._run())

    async def wait_until_settled(self, timeout_s: float, reach_s: float) -> None:
        """Wait for the server, reach_s if nobody is there at all. Raises TimeoutError."""
        began = asyncio.get_running_loop().time()
        for wait_s in (reach_s, timeout_s):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(began + wait_s):
                    await self._is_settled.wait()
                    return
            if isinstance(self._trouble, OSError):
                break
        why = f": {say_why(self._trouble)}" if self._trouble else ""
        raise TimeoutError(f"none answered within {wait_s:g} s{why}")

    async def close(self) -> None:
        """Leave the server for good."""
        if self._running:
            socket = self._socket
            self._running.cancel()
            done, _ = await asyncio.wait([self._running], timeout=2 * _GOODBYE_S)
            if not done and socket:
                # The goodbye itself waits, behind all that a server has not read.
                socket.transport.abort()
            await asyncio.wait([self._running])

    @property
    def is_connected(self) -> bool:
        """Whether the server is there now; if not, another try is about to be made."""
        return self._socket is not None

    async def write(self, frame: Frame) -> None:
        """Send, if there is a connection; if not, the next one begins with a greeting anyway."""
        if self._socket:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(frame)

    async def _run(self) -> None:
        """Connect again and again, until something ends that."""
        try:
            await self._keep_connected()
        except Exception as failure:
            self._end(failure)
        self._is_settled.set()

    async def _keep_connected(self) -> None:
        clock, failures = asyncio.get_running_loop().time, 0
        while True:
            opened_at, self._asked_s = math.inf, 0.0
            try:
                async with websockets.connect(
                    self._websocket_url,
                    subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
                    additional_headers=self._headers,
                    compression=None,
                    max_size=None,
                    close_timeout=_GOODBYE_S,
                ) as socket:
                    opened_at = clock()
                    await self._serve(socket)
            except websockets.InvalidStatus as refusal:
                status = refusal.response.status_code
                # What goes wrong there, or before it, may be right again the next time.
                if status != HTTPStatus.TOO_MANY_REQUESTS and status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise Refused("refused", say_refused(status, bool(self._headers))) from None
                self._trouble = refusal
            except (OSError, websockets.WebSocketException) as error:
                self._trouble = error
                if isinstance(error, websockets.ConnectionClosed) and _is_about_size(error):
                    self._too_big()
            finally:
                self._socket = None
            failures = 0 if clock() - opened_at > _LASTING_S else min(failures + 1, 10)
            pause_s = self._asked_s + random.uniform(0, min(_FIRST_PAUSE_S * 2**failures, _LONGEST_PAUSE_S))
            log.info("Lost the server; trying again in %.1f s", pause_s)
            await asyncio.sleep(pause_s)

    async def _serve(self, socket: ClientConnection) -> None:
        """Receive until the connection ends. Raises ConnectionError when what comes is no message at all."""
        async for text in socket:
            try:
                message = _decode(text)
            except msgspec.ValidationError:
                continue  # A later server's message; what we know of is still to come.
            except msgspec.DecodeError:
                raise ConnectionError("Expected messages in JSON, got something else") from None
            if isinstance(message, Ready):
                self.ready = message
                self._socket = socket
                for frame in self._greet():
                    await socket.send(frame)
                self._is_settled.set()
            elif isinstance(message, GoAway):
                self._asked_s = message.after_ms / 1e3 * random.uniform(1, 1.5)
            else:
                self._take(message)


def _is_about_size(closed: websockets.ConnectionClosed) -> bool:
    return closed.rcvd is not None and closed.rcvd.code == websockets.CloseCode.MESSAGE_TOO_BIG
