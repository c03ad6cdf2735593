"""A turnstile: what is costly, and may come by the thousand at once, passes one by one.

Each turn of the event loop has one pass, so that whoever else has something to do in that turn waits for one
and not for all. Handshakes pass, of which each costs a millisecond.
"""

import asyncio
from collections import deque
from collections.abc import Callable


class Turnstile:
    """Calls what it is given, in that order, one each turn of the event loop, which owns it.

    rest_s: between one and the next, in which nothing passes. A loop that is never idle leaves other threads
    only what they wrest from it.
    """

    def __init__(self, rest_s: float = 0.0) -> None:
        self._rest_s = rest_s
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_turning = False

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
        if self._rest_s:
            loop.call_later(self._rest_s, self._turn)
        else:
            loop.call_soon(self._turn)
        self._waiting.popleft()()
