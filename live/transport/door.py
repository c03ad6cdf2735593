"""The door: lets connections in one by one, however many stand before it.

Between the kernel's queue and uvicorn's protocols. An event loop by itself takes all that wait there at once,
and then all their handshakes, of a millisecond each: of a thousand, those who were in already felt each one.
Now they go first: what stands outside waits in the kernel.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable

_RETRY_S = 0.1
"""When no file is left for a connection, another may be by then."""
_TELL_EVERY_S = 60.0
log = logging.getLogger(__name__)


class Door:
    """Takes one connection each turn of the event loop, which owns it, from where `take` has them.

    Closed when told to, or at its end: when `take` raises EOFError.
    """

    def __init__(
        self,
        source: socket.socket,
        take: Callable[[], socket.socket],
        make_protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
        handshake_s: float,
    ) -> None:
        """source: readable when there is one to take; handshake_s: how long TLS may take to begin."""
        self._source = source
        self._take = take
        self._make_protocol = make_protocol
        self._context = context
        self._handshake_s = handshake_s if context else None
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[None]] = set()
        self._retry: asyncio.TimerHandle | None = None
        self._tell_at = 0.0

    def open(self) -> None:
        """Let in who comes."""
        self._source.setblocking(False)
        self._loop.add_reader(self._source, self._let_one_in)

    def close(self) -> None:
        """Let nobody in any more; who waits in the kernel's queue stays there."""
        if self._source.fileno() >= 0:
            self._loop.remove_reader(self._source)
        if self._retry:
            self._retry.cancel()

    async def wait_closed(self) -> None:
        """Wait for those who are just entering."""
        await asyncio.gather(*self._entering)

    def _let_one_in(self) -> None:
        try:
            connection = self._take()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except EOFError:
            self.close()
            return
        except OSError as error:
            if self._loop.time() >= self._tell_at:
                self._tell_at = self._loop.time() + _TELL_EVERY_S
                log.warning("A connection could not be taken: %s", error.strerror)
            self._loop.remove_reader(self._source)
            self._retry = self._loop.call_later(_RETRY_S, self.open)
            return
        entering = self._loop.create_task(self._admit(connection))
        self._entering.add(entering)
        entering.add_done_callback(self._entering.discard)

    async def _admit(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        # A client that is gone already, or that can't speak TLS.
        with contextlib.suppress(OSError):
            await self._loop.connect_accepted_socket(
                self._make_protocol,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=self._handshake_s,
            )
