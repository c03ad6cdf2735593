"""Framing: the websocket's plain frames, read and written with less ceremony than the library's.

Between the socket and `connection.py`: uvicorn runs it in place of its own websocket protocol, which it is in
all but speed. A *plain* frame is a whole message of at most 64 kB, masked, on an open websocket: nearly all
that is ever sent. Everything else is left to the websockets library, frame by frame: the handshake, control
frames, messages in parts, large ones, and whatever breaks the rules.

What one read brings, which may be ten thousand frames, is taken apart as the application asks for it: at
once, it would keep everybody else waiting. Of what comes after our goodbye, only the client's is looked for.

Without the kernel's share, a superseded snapshot cost 2.0 µs when frames that come together were first taken
together, 2.6 when each was taken by itself, and the library's way nearly twice that.
"""

from typing import Any

from uvicorn.config import Config
from websockets.frames import CloseCode, apply_mask  # type: ignore[attr-defined]
from websockets.protocol import CONNECTING, OPEN

from live.bucket import Bucket
from live.transport.handing import Handing
from live.transport.shortcut import MEDIUM, SHORT, TEXT

_FIN = 0x80
_BINARY = _FIN | 2
_PLAIN = (_BINARY, TEXT)
_KNOWN = frozenset((0x00, 0x01, 0x02, _FIN, TEXT, _BINARY, _FIN | 8, _FIN | 9, _FIN | 10))
"""First bytes that a frame may have: no reserved bits and opcodes, and no control frames in parts."""
_CLOSE = _FIN | 8
_IS_CONTROL = 0x08
_IS_MASKED = 0x80
_MOST = 0xFFFF
"""Bytes of a plain frame: what is held back until it is whole."""
_OTHERS_PER_S = 1_000
"""Pings, pongs, parts of messages and large frames that a client may send; each costs as much as a snapshot,
and four clients that sent nothing but pings kept everyone else waiting for seconds."""
_AT_ONCE = 8
_BINARIES_AT_ONCE = 32
"""Frames taken apart in one go: a session's turn, before everyone else gets one. Binary ones cost less."""
_BREAK_S = 0.05
"""Between two reads after our goodbye; a client that floods us does not stop at once."""


class Framing(Handing):
    """uvicorn's websocket protocol with short cuts for plain frames.

    An application may have them handed over at once (shortcut.py). Else up to 32 binary messages that were
    read together, one after the other, are one `websocket.receive`: `bytes` is the newest, and `earlier`
    lists those before it. Of every message, `has_more` says whether another was read already. An application
    that is run by this must know.

    The library gets whole frames only, or large ones piece by piece, counted: so both sides know where the
    next frame begins. Once it is to end the connection, it gets all that follows.
    """

    def __init__(self, config: Config, *rest: Any, **named: Any) -> None:
        super().__init__(config, *rest, **named)
        self._most = min(config.ws_max_size, _MOST)
        self._held = b""
        self._at = 0
        """How much of that is done with."""
        self._owed = 0
        """Bytes of a large frame that the library is still to get."""
        self._is_in_parts = False
        self._others = Bucket(_OTHERS_PER_S)
        self._is_the_librarys = False
        """For good."""

    def data_received(self, data: bytes) -> None:
        """Take in what came, which may begin and end anywhere within a frame."""
        if not self.handshake_initiated or self._is_the_librarys:
            super().data_received(data)
            return
        self._held, self._at = self._held[self._at :] + data, 0
        if self.conn.state is CONNECTING:
            # Who sends before the handshake is over may have sent part of a frame.
            self._has_more = True
        elif self.close_sent:
            self._look_for_goodbye()
            return
        elif not self._has_more:
            self._take_some()
        if self._has_more:
            self._pause_reading()
            if not self._is_held:
                self._events.has_come.set()

    def _take_some(self) -> None:
        """Take in some of what is held, and hold no more than need be."""
        is_turn_over = self._take_binaries() == _BINARIES_AT_ONCE
        self._has_more = self._at < len(self._held) if is_turn_over else self._take_frames()
        if not self._has_more:
            self._held, self._at = self._held[self._at :], 0

    def _take_frames(self) -> bool:
        """Take in some whole frames, and what is there of a large one; say whether there may be more."""
        data, end, most = self._held, len(self._held), self._most
        for _ in range(_AT_ONCE):
            at = self._at
            if at == end:
                return False
            if self._owed:
                self._at = min(at + self._owed, end)
                self._owed -= self._at - at
                self._leave_to_library(data[at : self._at])
                continue
            if end - at < 2:
                return False
            first, length = data[at], data[at + 1] ^ _IS_MASKED
            if self._is_the_librarys or first not in _KNOWN or length > MEDIUM:
                self._is_the_librarys = True
                self._at = end
                self._leave_to_library(data[at:])
                return False
            payload = at + 6
            if length >= SHORT:
                payload += 2 if length == SHORT else 8
                length = int.from_bytes(data[at + 2 : payload - 4], "big")
            after = payload + length
            if end < after and (end < payload or length <= most):
                return False
            is_plain = first in _PLAIN and not self._is_in_parts
            if length <= most and (is_plain or (self.close_sent and first != _CLOSE)):
                self._take_message(first, data, payload, after)
            elif not self._others.take(self.loop.time()):
                self._refuse_flood()
                return False
            else:
                if first == _CLOSE:
                    # It may come between a message's parts (RFC 6455, section 5.4): the library would object.
                    self.conn.current_size = None
                elif not first & _IS_CONTROL:
                    self._is_in_parts = not first & _FIN
                self._owed = max(after - end, 0)
                self._leave_to_library(data[at:after])
            self._at = min(after, end)
        return True

    def _take_binaries(self) -> int:
        """Take in some plain binary messages, if that is what comes next, and hand them over together.

        A flood is hardly anything else; one at a time, as other frames, they cost half as much again.
        """
        if self._owed or self._is_in_parts or self.close_sent or self._is_the_librarys:
            return 0
        data, at, end = self._held, self._at, len(self._held)
        messages: list[bytes] = []
        while len(messages) < _BINARIES_AT_ONCE and at + 8 <= end and data[at] == _BINARY:
            length, start = data[at + 1] ^ _IS_MASKED, at + 6
            if length == SHORT:
                length, start = data[at + 2] << 8 | data[at + 3], at + 8
            elif length > SHORT:
                break
            at_next = start + length
            if at_next > end or length > self._most:
                break
            messages.append(apply_mask(data[start:at_next], data[start - 4 : start]))
            at = at_next
        if not messages:
            return 0
        self._at = at
        count = len(messages)
        self._hand_over(messages, at < end)
        return count

    def _look_for_goodbye(self) -> None:
        """Pass over what came after our own goodbye, some each turn, and read on after a while."""
        if self.transport.is_closing():
            return
        self.transport.pause_reading()
        self._take_some()
        if self._has_more:
            self.loop.call_soon(self._look_for_goodbye)
        else:
            self.loop.call_later(_BREAK_S, self._read_on)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _leave_to_library(self, data: bytes) -> None:
        super().data_received(data)
        self._is_the_librarys |= self.conn.state is not OPEN and not self.close_sent

    def _take_message(self, first: int, data: bytes, start: int, end: int) -> None:
        """Hand the message in data[start:end] to the application; after our goodbye, to nobody."""
        if self.close_sent:
            return
        payload = apply_mask(data[start:end], data[start - 4 : start])
        messages: list[str] | list[bytes]
        try:
            messages = [payload] if first == _BINARY else [payload.decode()]
        except UnicodeDecodeError:
            self._refuse_text()
            return
        self._hand_over(messages, end < len(data))

    def send_receive_event_to_app(self) -> None:
        """Hand over a message that the library read; for bad text, uvicorn would log a traceback."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self._refuse_text()
                return
        super().send_receive_event_to_app()

    def _refuse_text(self) -> None:
        """Close: text must be UTF-8 (RFC 6455, section 8.1)."""
        self._is_the_librarys = True
        self.conn.fail(CloseCode.INVALID_DATA)
        self.handle_parser_exception()

    def _refuse_flood(self) -> None:
        """Close: pings and parts are not without cost.

        What is here of them is passed over first, as after any goodbye of ours: a socket that is closed with
        something unread in it takes back what it was to send.
        """
        code, reason = CloseCode.POLICY_VIOLATION, "too many frames that say nothing"
        self._events.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)
        self.loop.call_soon(self._look_for_goodbye)
