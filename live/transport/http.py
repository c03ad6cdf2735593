"""HTTP by its bytes: who does not say what it wants in time, or takes too many words for it, is hung up on.

Between the socket and app.py, as uvicorn's protocol. uvicorn itself waits forever for a request's head and
takes one of any size, and a websocket's that its library can't parse it leaves open and unanswered; what is
wrong with a request it says in plain text. Those who would have a websocket are heard one by one.
"""

import asyncio
import re
import sys
from collections.abc import Callable
from functools import partial

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from live.endpoint import refuse
from live.errors import BadMessage
from live.transport.turnstile import Turnstile

_MAX_HEAD_BYTES = 32_768
_MAX_LINE_BYTES = 8_000
_MAX_HEADERS = 100
"""Both lower than what websockets' parser gives up at (8,192 and 128)."""

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_UPGRADE = re.compile(rb"\nupgrade:", re.IGNORECASE)
_OTHER_UPGRADE = re.compile(rb"\nupgrade:(?![^\n]*websocket)[^\n]*(?=\n)", re.IGNORECASE)
_ABSOLUTE = re.compile(rb"https?://[^/?]*", re.IGNORECASE)
_MAX_PIPELINED = 64
"""Requests that wait for the one before them. Each answer has 256 kB more read, which may be 9,000."""
_REST_S = 1e-3
"""Between two newcomers. Back to back, they left the predict thread too little of the interpreter lock."""


class Http(HttpToolsProtocol):
    """One connection, until it is a websocket's."""

    head_s: float
    """How long a client has for a request's head."""
    turnstile: Turnstile
    """Where handshakes wait for their turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_s, transport.close)
        self._head_bytes: int | None = 0
        """So far, of a head or of trailers; None within a body."""
        self._tail: bytes | None = b""
        """The end of a head that is not whole; None within a body."""
        self._held = b""
        """A line of it that may be an Upgrade, from the line break before it on."""
        self._is_handshake = False
        """The head has an Upgrade to a websocket."""
        self._is_waiting = False
        """For its turn, with reading paused."""
        self._data = b""
        """What the parser has just been given: frames may have come with a handshake."""
        self._expected = "Expected an HTTP request, got something else"
        """What a client is told when the parser stops."""

    def data_received(self, data: bytes) -> None:
        # A handshake costs, and can wait. Half a head, which never may be whole, or a question after the
        # server's health is in nobody's way.
        if self._tail is None:
            self._take(data)
            return
        data, self._held = self._held + data, b""
        end = _END_OF_HEAD.search(self._tail + data)
        size = end.end() - len(self._tail) if end else len(data)
        # Offers of other protocols may be ignored (RFC 9110, section 7.8), and the parser would not hand
        # on the body. Java's client and `curl --http2` offer HTTP/2 with every request.
        head = _OTHER_UPGRADE.sub(b"", data[:size])
        if not end:
            head, self._held = _without_begun_upgrade(head)
            if len(self._held) > _MAX_LINE_BYTES:
                self._refuse(f"Expected headers of at most {_MAX_LINE_BYTES} bytes each, got more")
                return
        self._is_handshake |= bool(_UPGRADE.search(head))
        self._tail = None if end else (self._tail + head)[-2:]
        if end and self._is_handshake:
            self._is_waiting = True
            self._unset_keepalive_if_required()
            self.transport.pause_reading()
            self.turnstile.let_pass(partial(self._enter, head + data[size:]))
            return
        self._take(head + data[size:])

    def _enter(self, data: bytes) -> None:
        self._is_waiting = False
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self._take(data)

    def _take(self, data: bytes) -> None:
        if self._head_bytes is not None:
            self._head_bytes += len(data)
        self._data = data
        super().data_received(data)
        self._data = b""
        if self._tail == b"" and self._head_bytes is not None:
            # The next head has begun in it, behind a request that came with it.
            self._tail = data[-2:]
        is_answered = self.cycle and self.cycle.response_complete
        if is_answered and self._deadline.cancelled():
            # The rest of a body that was answered early, or nothing that begins a request: for either
            # uvicorn stops its clock, and starts no other.
            self._deadline = self.loop.call_later(self.head_s, self.transport.close)
        # A single header of any length is parsed without a word until it ends.
        if self._head_bytes is not None and self._head_bytes > _MAX_HEAD_BYTES:
            self._head_bytes = None
            self._refuse(f"Expected a request head of at most {_MAX_HEAD_BYTES} bytes, got more")

    def on_message_begin(self) -> None:
        self._deadline.cancel()
        self._deadline = self.loop.call_later(self.head_s, self.transport.close)
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._deadline.cancel()
        self._head_bytes = self._tail = None
        if absolute := _ABSOLUTE.match(self.url):
            # As to a proxy, which every server has to understand (RFC 9112, section 3.2.2).
            self.url = b"/" + self.url[absolute.end() :].removeprefix(b"/")
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts != 1 and self.parser.get_http_version() == "1.1":
            # RFC 9112, section 3.2: two proxies could take it for two different ones.
            self._expected = f"Expected exactly one Host header, got {hosts or 'none'}"
            raise ValueError(self._expected)
        longest = max([len(self.url), *(len(name) + len(value) for name, value in self.headers)])
        if longest > _MAX_LINE_BYTES or len(self.headers) > _MAX_HEADERS:
            # The parser stops, and uvicorn has 400 sent.
            most = f"{_MAX_HEADERS} headers of at most {_MAX_LINE_BYTES} bytes each, and as long a path"
            self._expected = f"Expected at most {most}, got more"
            raise ValueError(self._expected)
        if len(self.pipeline) >= _MAX_PIPELINED:
            self.transport.close()
            raise ValueError
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        # Trailers may follow, which are parsed as headers are.
        self._head_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._head_bytes = None
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head_bytes, self._tail, self._is_handshake = None, b"", False
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        if self.cycle and not self.cycle.response_complete:
            # What was asked for before would be answered in the middle of the websocket.
            self.transport.close()
            return
        super().handle_websocket_upgrade()
        # The question before this one, which was answered: whatever has a clock for it is over.
        self.cycle = None  # type: ignore[assignment]
        protocol: WebSocketsSansIOProtocol = self.transport.get_protocol()  # type: ignore[assignment]
        if protocol.conn.handshake_exc and not self.transport.is_closing():
            # With a body, say. The library reads no more of it, and would let it stand there.
            self._refuse("Expected a websocket's handshake, got another request")
        # uvicorn forgets frames that came with the handshake; its parser has said where they begin.
        upgrade = sys.exception()
        if upgrade and (early := self._data[upgrade.args[0] :]) and not self.transport.is_closing():
            protocol.data_received(early)
        # The parser holds this protocol's methods, a reference cycle: with hundreds of sessions a second,
        # the garbage collector took 10 ms at a time for those, in which nobody was answered.
        self.parser = None  # type: ignore[assignment]

    def send_400_response(self, msg: str) -> None:
        # Of what went wrong uvicorn says but that something did.
        self._refuse(self._expected)

    def _refuse(self, message: str) -> None:
        if self.transport.is_closing():
            return
        said = refuse(BadMessage(message))
        headers = [*self.server_state.default_headers, *said.raw_headers, (b"connection", b"close")]
        lines = [b"HTTP/1.1 400 Bad Request", *(b"%b: %b" % header for header in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(said.body)]))
        self.transport.close()

    def shutdown(self) -> None:
        # Who waits for a turn is told by the application that the server stops.
        if not self._is_waiting:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)


def http_within(seconds: float, is_busy: Callable[[], bool]) -> type[Http]:
    """Make the protocol of a server whose clients have so long for a request's head.

    is_busy: somebody is being served, whom newcomers let go first.
    """

    class OneServers(Http):
        head_s = seconds
        turnstile = Turnstile(_REST_S, is_busy)

    return OneServers


def _without_begun_upgrade(head: bytes) -> tuple[bytes, bytes]:
    """Split a part of a head before its last line if that may become an Upgrade."""
    begin = head.rfind(b"\n")
    is_begun = begin >= 0 and b"upgrade:".startswith(head[begin + 1 : begin + 9].lower())
    return (head[:begin], head[begin:]) if is_begun else (head, b"")
