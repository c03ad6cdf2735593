"""Places: how many may do something costly at once, and whether anybody still does."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator

from live.errors import Overloaded


class Places:
    """So many, each taken by one request of one event loop and given back when that ends."""

    def __init__(self, most: int, kind: str, most_each: int = 0) -> None:
        """most_each: of one address; 0 for as many as there are."""
        self._most = self._free = most
        self._most_each = most_each or most
        self._taken: Counter[str] = Counter()
        self._kind = kind
        self._are_all_free = asyncio.Event()
        self._are_all_free.set()

    @contextlib.contextmanager
    def one(self, who: str = "") -> Iterator[None]:
        """Take one for as long as something lasts. Raises Overloaded."""
        self.take(who)
        try:
            yield
        finally:
            self.give_back(who)

    def take(self, who: str = "") -> None:
        """Take one. Raises Overloaded when there is none, or none for them; who: nobody's are not counted."""
        if not self._free:
            raise Overloaded(f"Expected at most {self._most} {self._kind} at once, got one more")
        if who and self._taken[who] >= self._most_each:
            told = f"{self._most_each} {self._kind} at once from one address"
            raise Overloaded(f"Expected at most {told}, got one more")
        self._taken[who] += 1
        self._free -= 1
        self._are_all_free.clear()

    def give_back(self, who: str = "") -> None:
        """Give back one that was taken."""
        self._taken[who] -= 1
        if not self._taken[who]:
            del self._taken[who]
        self._free += 1
        if self._free == self._most:
            self._are_all_free.set()

    async def until_free(self) -> None:
        """Wait until nobody has one."""
        await self._are_all_free.wait()
