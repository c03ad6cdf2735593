"""Places: how many may do something costly at once, and whether anybody still does."""

import asyncio
import contextlib
from collections.abc import Iterator

from live.errors import Overloaded


class Places:
    """So many, each taken by one request of one event loop and given back when that ends."""

    def __init__(self, most: int, kind: str) -> None:
        self._most = self._free = most
        self._kind = kind
        self._are_all_free = asyncio.Event()
        self._are_all_free.set()

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Take one for as long as something lasts. Raises Overloaded."""
        self.take()
        try:
            yield
        finally:
            self.give_back()

    def take(self) -> None:
        """Take one. Raises Overloaded when there is none."""
        if not self._free:
            raise Overloaded(f"Expected at most {self._most} {self._kind} at once, got one more")
        self._free -= 1
        self._are_all_free.clear()

    def give_back(self) -> None:
        """Give back one that was taken."""
        self._free += 1
        if self._free == self._most:
            self._are_all_free.set()

    async def until_free(self) -> None:
        """Wait until nobody has one."""
        await self._are_all_free.wait()
