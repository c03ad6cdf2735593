"""Leaving: sessions whose connections are lost at the same time end one after the other.

Between uvicorn and `framing.py`. To end a session takes a few turns of the event loop and 70 µs in all: when
two thousand clients vanish at once, behind a proxy that dies, say, those turns would be theirs for 140 ms.
"""

from collections.abc import Callable
from functools import partial

from live.transport.framing import Framing
from live.transport.turnstile import Turnstile


def framing_one_by_one(is_busy: Callable[[], bool]) -> type[Framing]:
    """Make the websocket protocol of a server.

    is_busy: somebody is being served, whom those who leave let go first.
    """
    turnstile = Turnstile(is_busy=is_busy)

    class OneByOne(Framing):
        def connection_lost(self, exc: Exception | None) -> None:
            # Until its turn comes, nothing is sent, and what was received is nobody's any more.
            self.disconnected = True
            self._held, self._has_more = b"", False
            turnstile.let_pass(partial(self._end, exc))

        def _end(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            # Both refer back to it: as they are, only the garbage collector would free them.
            self.conn.parser.close()
            self.conn.parser_exc = None

        def shutdown(self) -> None:
            if not self.disconnected:
                super().shutdown()

    return OneByOne
