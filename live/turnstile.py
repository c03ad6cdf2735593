"""A turnstile: what is costly, and may come by the thousand at once, passes one by one.

Each turn of the event loop has one pass, so that whoever else has something to do in that turn waits for one
and not for all. Handshakes pass, of which each costs a millisecond.
"""

import asyncio
from collections import deque
from collections.abc import Callable


class Turnstile:
    """Calls what it is given, in that order, one each turn of the event loop, which owns it."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def let_pass(self, act: Callable[[], None]) -> None:
        """Have something called, in this loop's next turn at the earliest; it must not raise."""
        self._waiting.append(act)
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        if len(self._waiting) > 1:
            asyncio.get_running_loop().call_soon(self._turn)
        self._waiting.popleft()()
