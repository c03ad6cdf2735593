"""Answers of one kind, as they come to the client: to who waits for one, and to who reads them all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

_MAX_UNREAD = 1_000
"""Answers kept for who does not iterate; the oldest make way."""

_Found = TypeVar("_Found")


class Answers(Generic[_Found]):
    """Who waits for an answer, by its snapshot's number, and what nobody has read yet.

    One event loop owns them: the client's task brings answers, whoever calls the client waits.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[_Found | None]] = {}
        self._unread: asyncio.Queue[_Found | None] = asyncio.Queue()

    async def wait_for(self, seq: int) -> _Found | None:
        """Wait for a snapshot's answer, or a later one's; None if there is nothing to say of it.

        Raises what the answer was failed with.
        """
        answer: asyncio.Future[_Found | None] = asyncio.get_running_loop().create_future()
        self._waiting[seq] = answer
        try:
            return await answer
        finally:
            del self._waiting[seq]

    async def all(self) -> AsyncIterator[_Found]:
        """Yield answers as they come, until the end."""
        while (found := await self._unread.get()) is not None:
            yield found
        self._unread.put_nowait(None)

    def take(self, found: _Found, seq: int) -> None:
        """Hand a snapshot's answer out, and keep it for who iterates."""
        self.hand_out(found, seq)
        if self._unread.qsize() >= _MAX_UNREAD:
            self._unread.get_nowait()
        self._unread.put_nowait(found)

    def hand_out(self, found: _Found | None, seq: int) -> None:
        """Hand a snapshot's answer to who waits for it, or for an older one."""
        for asked, waiting in self._waiting.items():
            if asked <= seq and not waiting.done():
                waiting.set_result(found)

    def fail(self, seq: int, failure: Exception) -> bool:
        """Tell who waits for a snapshot's answer that there is none; return whether anyone did."""
        waiting = self._waiting.get(seq)
        if waiting is None or waiting.done():
            return False
        waiting.set_exception(failure)
        return True

    def fail_all(self, failure: Exception) -> None:
        """Tell everyone who waits that there is no answer."""
        for seq in self._waiting:
            self.fail(seq, failure)

    def end(self, failure: Exception) -> None:
        """Tell everyone that there will be no more."""
        self.fail_all(failure)
        self._unread.put_nowait(None)
