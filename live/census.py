"""The census: how many sessions are open, in all and from each address, in one process or over several.

What the limits on sessions are kept by. A process counts its own in plain numbers. Workers of one server
share a `Board`: each writes its own row of it and reads all of them, so that nobody waits for anybody, and
what a dead worker had counted goes with its row.
"""

import hashlib
import secrets
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.context import SpawnContext
from typing import Any, Protocol

import numpy as np

_HASHES = 4
_CELLS = 1 << 16
"""Each address has a cell in each of four hash tables, and the smallest of its four counts says how often it
is there at most (a count-min sketch, Cormode and Muthukrishnan 2005). With 12,000 addresses, one in a
thousand is counted one too high."""


class Census(Protocol):
    """Counts who comes and goes."""

    @property
    def total(self) -> int:
        """How many there are."""

    def of(self, address: str) -> int:
        """Say how many there are from an address."""

    def enter(self, address: str) -> None:
        """Count someone in."""

    def leave(self, address: str) -> None:
        """Count someone out."""


class OwnCensus:
    """The census of a server of one process."""

    def __init__(self) -> None:
        self.total = 0
        self._addresses: Counter[str] = Counter()

    def of(self, address: str) -> int:
        """Say how many there are from an address."""
        return self._addresses[address]

    def enter(self, address: str) -> None:
        """Count someone in."""
        self.total += 1
        self._addresses[address] += 1

    def leave(self, address: str) -> None:
        """Count someone out."""
        self.total -= 1
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]


@dataclass(frozen=True)
class Board:
    """Memory that the workers of one server share: a row each, of its total and its tables.

    Made by their parent, and passed to them as they start.
    """

    rows: int
    memory: Any
    """A shared array of rows × (1 + 4 × 65,536) 32-bit counts: a megabyte for each worker."""
    salt: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    """So that nobody can choose addresses that fall together."""

    @classmethod
    def make(cls, rows: int, context: SpawnContext) -> "Board":
        """Make an empty board."""
        return cls(rows, context.RawArray("I", rows * (1 + _HASHES * _CELLS)))

    @property
    def counts(self) -> "np.ndarray[Any, np.dtype[np.uint32]]":
        """The shared memory itself, (rows, 1 + 4 × 65,536)."""
        return np.frombuffer(self.memory, np.uint32).reshape(self.rows, -1)

    def totals(self) -> list[int]:
        """List how many each row has counted."""
        found: list[int] = self.counts[:, 0].tolist()
        return found

    def clear(self, row: int) -> None:
        """Forget what a worker that has ended had counted."""
        self.counts[row] = 0


class SharedCensus:
    """The census of a worker: writes its own row of the board, reads them all."""

    def __init__(self, board: Board, row: int) -> None:
        self._salt = board.salt
        self._all = board.counts
        self._own = self._all[row]

    @property
    def total(self) -> int:
        """How many there are, over all workers."""
        return int(self._all[:, 0].sum())

    def of(self, address: str) -> int:
        """Say how many there are from an address, over all workers; seldom one more than there are."""
        return int(self._all[:, self._cells(address)].sum(axis=0).min())

    def enter(self, address: str) -> None:
        """Count someone in."""
        self._own[0] += 1
        self._own[self._cells(address)] += 1

    def leave(self, address: str) -> None:
        """Count someone out."""
        self._own[0] -= 1
        self._own[self._cells(address)] -= 1

    def _cells(self, address: str) -> list[int]:
        digest = hashlib.blake2b(address.encode(), digest_size=2 * _HASHES, key=self._salt).digest()
        cells = np.frombuffer(digest, np.uint16).astype(int)
        found: list[int] = (1 + cells + _CELLS * np.arange(_HASHES)).tolist()
        return found
