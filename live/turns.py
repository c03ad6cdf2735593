"""Turns: what only a few can have at once goes round those who want it, and none of them takes it all."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Turns(Generic[Thing]):
    """Some things, each lent to one at a time. One event loop owns it.

    It is each asker's turn, round and round, however much one asks for; of what one asks for, the first comes
    first.
    """

    def __init__(self, things: Iterable[Thing]) -> None:
        # The one that was used last is lent first: a process of which is running, and whose memory is warm.
        self._idle = list(things)[::-1]
        self._waiting: dict[str, deque[asyncio.Future[Thing]]] = {}

    async def take(self, who: str) -> Thing:
        """Wait for a turn."""
        if self._idle:
            return self._idle.pop()
        turn: asyncio.Future[Thing] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # It came just when it was not wanted any more.
                self.give_back(turn.result())
            raise

    def give_back(self, thing: Thing) -> None:
        """Lend what was lent to whoever is next."""
        while self._waiting:
            who = next(iter(self._waiting))
            turns = self._waiting.pop(who)
            turn = turns.popleft()
            if turns:
                # Behind everybody else.
                self._waiting[who] = turns
            if not turn.done():
                turn.set_result(thing)
                return
        self._idle.append(thing)
