"""Framing: the websocket's plain frames, read and written with less ceremony than the library's.

Between the socket and `connection.py`: uvicorn runs it in place of its own websocket protocol, which it is in
all but speed. A *plain* frame is a whole message of at most 64 kB, masked, on an open websocket: nearly all
that is ever sent. Everything else is left to the websockets library, frame by frame: the handshake, control
frames, messages in parts, large ones, and whatever breaks the rules.

Without the kernel's share, a superseded snapshot costs 11 µs through the library, and 6 this way; an answer,
model and all, took 200 and 189.
"""

import asyncio
from collections import deque
from struct import Struct as Layout
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode, apply_mask  # type: ignore[attr-defined]
from websockets.protocol import OPEN

from live.bucket import Bucket

_FIN = 0x80
_TEXT = _FIN | 1
_BINARY = _FIN | 2
_PLAIN = (_BINARY, _TEXT)
_KNOWN = frozenset((0x00, 0x01, 0x02, _FIN, _TEXT, _BINARY, _FIN | 8, _FIN | 9, _FIN | 10))
"""First bytes that a frame may have: no reserved bits and opcodes, and no control frames in parts."""
_CLOSE = _FIN | 8
_IS_CONTROL = 0x08
_IS_MASKED = 0x80
_SHORT, _MEDIUM = 126, 127
"""Lengths from here on are in the next two bytes, or in the next eight."""
_MOST = 0xFFFF
"""Bytes of a plain frame: what is held back until it is whole."""
_OTHERS_PER_S = 1_000
"""Pings, pongs, parts of messages and large frames that a client may send; each costs as much as a snapshot,
and four clients that sent nothing but pings kept everyone else waiting for seconds."""
_MEDIUM_HEAD = Layout("!BBH")
_LARGE_HEAD = Layout("!BBQ")


class Events(deque[Any]):
    """What came and was not asked for yet: uvicorn puts it here as into the `asyncio.Queue` of its own.

    A queue costs almost a microsecond more an event. Bounded by `pause_reading`: one read's worth.
    """

    def __init__(self) -> None:
        super().__init__()
        self.has_come = asyncio.Event()

    def put_nowait(self, event: Any) -> None:
        """Add an event, and wake who waits for one."""
        self.append(event)
        self.has_come.set()


class Framing(WebSocketsSansIOProtocol):
    """uvicorn's websocket protocol with a short cut for plain frames.

    The library gets whole frames only, or large ones piece by piece, counted: so both sides know where the
    next frame begins. Once it is to end the connection, it gets all that follows.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._events = Events()
        self.queue = self._events  # type: ignore[assignment]
        self._most = min(config.ws_max_size, _MOST)
        self._held = b""
        self._owed = 0
        """Bytes of a large frame that the library is still to get."""
        self._is_in_parts = False
        self._others = Bucket(_OTHERS_PER_S)
        self._is_the_librarys = False
        """For good."""

    def data_received(self, data: bytes) -> None:
        """Take in what came, which may begin and end anywhere within a frame."""
        if self.conn.state is not OPEN or self._is_the_librarys:
            # Who sends before the handshake is over may have sent part of a frame.
            self._is_the_librarys = self.handshake_initiated
            data, self._held = self._held + data, b""
            super().data_received(data)
            return
        if self._owed:
            piece, data = data[: self._owed], data[self._owed :]
            self._owed -= len(piece)
            self._leave_to_library(piece)
        data = self._held + data
        self._held = data[self._take_frames(data) :]

    def _take_frames(self, data: bytes) -> int:
        """Take in whole frames, and as much as there is of a large one; return how many bytes that was."""
        at, end, most = 0, len(data), self._most
        while end - at >= 2:
            first, length = data[at], data[at + 1] ^ _IS_MASKED
            if self._is_the_librarys or first not in _KNOWN or length > _MEDIUM:
                self._is_the_librarys = True
                self._leave_to_library(data[at:])
                return end
            payload = at + 6
            if length >= _SHORT:
                payload += 2 if length == _SHORT else 8
                length = int.from_bytes(data[at + 2 : payload - 4], "big")
            after = payload + length
            if end < after and (end < payload or length <= most):
                break
            if length <= most and first in _PLAIN and not self._is_in_parts:
                self._take_message(first, apply_mask(data[payload:after], data[payload - 4 : payload]))
            elif not self._others.take(self.loop.time()):
                self._refuse(CloseCode.POLICY_VIOLATION, "too many frames that say nothing")
                return end
            else:
                if first == _CLOSE:
                    # It may come between a message's parts (RFC 6455, section 5.4): the library would object.
                    self.conn.current_size = None
                elif not first & _IS_CONTROL:
                    self._is_in_parts = not first & _FIN
                self._owed = max(after - end, 0)
                self._leave_to_library(data[at:after])
            at = after
        return min(at, end)

    def _leave_to_library(self, data: bytes) -> None:
        super().data_received(data)
        self._is_the_librarys |= self.conn.state is not OPEN

    def _take_message(self, first: int, payload: bytes) -> None:
        """Hand a message to the application."""
        if first == _BINARY:
            self._events.put_nowait({"type": "websocket.receive", "bytes": payload})
        else:
            try:
                self._events.put_nowait({"type": "websocket.receive", "text": payload.decode()})
            except UnicodeDecodeError:
                self._refuse(CloseCode.INVALID_DATA)
                return
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def send_receive_event_to_app(self) -> None:
        """Hand over a message that the library read; for bad text, uvicorn would log a traceback."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self._refuse(CloseCode.INVALID_DATA)
                return
        super().send_receive_event_to_app()

    def _refuse(self, code: CloseCode, reason: str = "") -> None:
        """Close: text must be UTF-8 (RFC 6455, section 8.1), and pings and parts are not without cost."""
        self._is_the_librarys = True
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    async def receive(self) -> Any:
        """Hand out the next event; only who asks for more than there is has more read from the socket."""
        while not self._events:
            if self.read_paused:
                self.read_paused = False
                self.transport.resume_reading()
            self._events.has_come.clear()
            await self._events.has_come.wait()
        return self._events.popleft()

    async def send(self, message: Any) -> None:
        """Send a text message at once; leave every other event to uvicorn."""
        if self.close_sent:
            # It was refused meanwhile; uvicorn would take this for a fault of the application's.
            raise ClientDisconnected
        text = message.get("text") if message["type"] == "websocket.send" else None
        if text is None or not self.writable.is_set() or self.disconnected or self.conn.state is not OPEN:
            await super().send(message)
        else:
            self.transport.write(_frame(text.encode()))


def _frame(text: bytes) -> bytes:
    """Frame a text message, unmasked, as servers do."""
    length = len(text)
    if length < _SHORT:
        return bytes((_TEXT, length)) + text
    if length <= 0xFFFF:
        return _MEDIUM_HEAD.pack(_TEXT, _SHORT, length) + text
    return _LARGE_HEAD.pack(_TEXT, _MEDIUM, length) + text
