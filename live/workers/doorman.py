"""The doorman: accepts every connection, and hands each to the worker that has the fewest sessions.

For platforms whose kernel does not spread connections, and for whom chance does not spread them well enough.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from live.transport.listening import hand_over

_RETRY_S = 0.1
"""When no file is left for a connection, another may be by then."""
_SETTLED_S = 1.0
"""By then, what was handed over is a session, which the board counts, or never becomes one."""
log = logging.getLogger(__name__)


@dataclass
class _Load:
    """A worker's.

    row: of the board; turn: when it was last handed a connection; sessions: those that the board counts, and
    those that may become some.
    """

    row: int
    turn: int = 0
    sessions: int = 0


class Doorman:
    """A thread that accepts; it holds connections while there is no worker. Any thread may add some."""

    def __init__(self, listener: socket.socket, totals: Callable[[], Sequence[int]]) -> None:
        """totals: how many sessions each row of the board counts."""
        self._listener = listener
        self._totals = totals
        self._turns = 0
        self._counted_at = 0.0
        self._changed = threading.Condition()
        self._channels: dict[socket.socket, _Load] = {}
        """Where each worker is reached."""

    def start(self) -> None:
        """Start accepting; the thread ends with the process, or with the listener."""
        threading.Thread(target=self._run, name="doorman", daemon=True).start()

    def add(self, channel: socket.socket, row: int) -> None:
        """Have connections handed to a worker, if they aren't."""
        channel.setblocking(False)
        with self._changed:
            self._channels.setdefault(channel, _Load(row))
            self._changed.notify()

    def remove(self, channel: socket.socket) -> None:
        """Hand a worker nothing more; what it was handed it still gets."""
        with self._changed:
            self._channels.pop(channel, None)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if self._listener.fileno() < 0:
                    return
                log.warning("A connection could not be taken: %s", error.strerror)
                time.sleep(_RETRY_S)
                continue
            with connection:
                self._hand(connection)

    def _hand(self, connection: socket.socket) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._channels)
                channel = self._choose()
            try:
                hand_over(channel, connection)
            except OSError:
                # It died, or takes nothing and its channel is full. One that goes on is added again.
                self.remove(channel)
            else:
                return

    def _choose(self) -> socket.socket:
        """Choose the worker with the fewest sessions; of several, the one whose turn is longest ago."""
        totals, now = self._totals(), time.monotonic()
        if is_settled := now - self._counted_at > _SETTLED_S:
            self._counted_at = now
        for load in self._channels.values():
            load.sessions = totals[load.row] if is_settled else max(load.sessions, totals[load.row])
        self._turns += 1
        channel, load = min(self._channels.items(), key=lambda item: (item[1].sessions, item[1].turn))
        load.sessions += 1
        load.turn = self._turns
        return channel
