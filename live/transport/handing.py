"""Handing over: between what framing.py makes of a socket's bytes, and the application.

The application takes the shortcut (shortcut.py) or ASGI's way, events. Whichever, what it has not asked for
keeps the socket from being read: memory is bounded, and who sends too much is held up, not everybody else.
"""

import asyncio
from abc import abstractmethod
from collections import deque
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import CONNECTING, OPEN

from live.transport.handshake import Handshake
from live.transport.shortcut import NextText, TakeIn, frame, offer, withdraw


class Events(deque[Any]):
    """What came and was not asked for yet: uvicorn puts it here as into the `asyncio.Queue` of its own.

    A queue costs almost a microsecond more an event. Bounded by `pause_reading`: a few.
    """

    def __init__(self) -> None:
        super().__init__()
        self.has_come = asyncio.Event()

    def put_nowait(self, event: Any) -> None:
        """Add an event, and wake who waits for one."""
        self.append(event)
        self.has_come.set()


class Handing(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol, as far as it faces the application."""

    def __init__(self, config: Config, *rest: Any, **named: Any) -> None:
        super().__init__(config, *rest, **named)
        # A second one in its place would leave the first, which refers to itself, to the garbage collector.
        self.conn.__class__ = Handshake
        self._events = Events()
        self.queue = self._events  # type: ignore[assignment]
        self._has_more = False
        """There may be whole frames among the bytes that were read already."""
        self._take_in: TakeIn | None = None
        self._is_held = False
        self._is_shut_down = False

    @abstractmethod
    def _take_some(self) -> None:
        """Hand over some of what was read already."""

    @abstractmethod
    def _look_for_goodbye(self) -> None:
        """Pass over what comes after our own goodbye, up to the client's."""

    def shutdown(self) -> None:
        """Say goodbye; whose handshake is under way has it answered by the application, which says why not.

        uvicorn would answer 500, with which no proxy asks the next server.
        """
        self._is_shut_down = True
        if self.handshake_complete or not self.handshake_initiated:
            super().shutdown()

    def handle_connect(self, event: Request) -> None:
        """Ask the application about a handshake, and offer it the shortcut."""
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            offer(self.scope["extensions"], self)

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        """Note that the application is done with the websocket."""
        super().on_task_complete(task)
        # The offer refers back here: as it is, only the garbage collector would free the two.
        withdraw(self.scope["extensions"])

    def _hand_over(self, messages: list[str] | list[bytes], has_more: bool) -> None:
        """Hand over messages, all text or all bytes, that came in a row: by the shortcut if it is open."""
        if self._take_in and not (self._is_held or self._events.has_come.is_set()):
            self._take_in(messages, has_more)
            return
        newest = messages.pop()
        kind = "text" if isinstance(newest, str) else "bytes"
        self._events.put_nowait({"type": "websocket.receive", kind: newest, "earlier": messages})
        self._pause_reading()

    def _pause_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    async def receive(self) -> Any:
        """Hand out the next event; only who asks for more than there is has more read from the socket."""
        while not self._events:
            if not self._is_held:
                if self._has_more and self.conn.state is not CONNECTING:
                    self._take_some()
                    if not self._events:
                        # Pings, say: others have their turn, too.
                        await asyncio.sleep(0)
                    continue
                self._resume_reading()
            # From here until something has come, the shortcut is open.
            self._events.has_come.clear()
            await self._events.has_come.wait()
        event = self._events.popleft()
        if event["type"] == "websocket.receive":
            event["has_more"] = bool(self._events) or self._has_more
        return event

    async def send(self, message: Any) -> None:
        """Send a text message at once; leave every other event to uvicorn."""
        if self.close_sent:
            # It was refused meanwhile; uvicorn would take this for a fault of the application's.
            raise ClientDisconnected
        text = message.get("text") if message["type"] == "websocket.send" else None
        if text is None or not self._may_write:
            await super().send(message)
            if self.close_sent:
                # The client's goodbye may be here already.
                self._look_for_goodbye()
            elif self._is_shut_down and message["type"] == "websocket.accept":
                self.shutdown()
        else:
            self.transport.write(frame(text.encode()))

    @property
    def _may_write(self) -> bool:
        """What is written now goes to the socket, or not far from it."""
        is_open = self.conn.state is OPEN and not (self.close_sent or self.disconnected)
        return is_open and self.writable.is_set()

    # ---- the shortcut

    def deliver_to(self, take_in: TakeIn | None) -> None:
        """Hand plain messages over at once while the application waits in `receive` for the next event."""
        self._take_in = take_in

    def hold(self) -> None:
        """Read no more from the socket, and hand nothing over, until `go_on`."""
        self._is_held = True
        self._pause_reading()

    def go_on(self) -> None:
        """Read on."""
        if not self._is_held:
            return
        self._is_held = False
        if self._has_more:
            self._events.has_come.set()
        elif not self._events.has_come.is_set():
            self._resume_reading()

    def write_texts(self, next_text: NextText) -> None:
        """Send texts at once, until there are none or the socket takes no more just now."""
        while self._may_write and (text := next_text()) is not None:
            self.transport.write(frame(text.encode()))
