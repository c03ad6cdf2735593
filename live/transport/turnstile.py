"""A turnstile: what is costly, and may come by the thousand at once, passes one by one.

Each turn of the event loop has one pass, so that whoever else has something to do in that turn waits for one
and not for all. Handshakes pass, of which each costs a millisecond.
"""

import asyncio
from collections import deque
from collections.abc import Callable

_PAUSE_S = 1e-3
_PAUSES = 4
"""How long the next waits, at most, for those who are being served."""
_CROWD_PAUSES = 1000
"""Over all who wait: where they are many, each waits for less."""


class Turnstile:
    """Calls what it is given, in that order, one each turn of the event loop, which owns it.

    rest_s: between one and the next, in which nothing passes. An event loop that is never idle hardly lets
    other threads have the interpreter lock.
    is_busy: somebody is being served, whom the next would hinder; it waits some milliseconds for that to end.
    """

    def __init__(self, rest_s: float = 0.0, is_busy: Callable[[], bool] = lambda: False) -> None:
        self._rest_s = rest_s
        self._is_busy = is_busy
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_turning = False
        self._pauses = 0

    def let_pass(self, act: Callable[[], None]) -> None:
        """Have something called, in this loop's next turn at the earliest; it must not raise."""
        self._waiting.append(act)
        if not self._is_turning:
            self._is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_turning = bool(self._waiting)
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        if self._is_busy() and self._pauses < min(_PAUSES, _CROWD_PAUSES // len(self._waiting)):
            self._pauses += 1
            loop.call_later(_PAUSE_S, self._turn)
            return
        self._pauses = 0
        if self._rest_s:
            loop.call_later(self._rest_s, self._turn)
        else:
            loop.call_soon(self._turn)
        self._waiting.popleft()()
