"""Patience: how fast a session may be, and how much it may get wrong, before it is closed.

Called by session.py. No I/O, no clock.
"""

from live.bucket import Bucket
from live.errors import LiveError, TooFast, Unreadable
from live.messages import Close

MAX_UNREADABLE_FRAMES = 8
"""In a row; one more and the session is closed."""
MAX_FAULTS_PER_S = 500
"""Errors that a session may cause; one more and it is closed. Each costs more than an answer does."""
MAX_TOO_FAST_S = 5.0
"""How long a session may go on being told that it is too fast before it is closed."""


class Patience:
    """The patience with one session."""

    def __init__(self, snapshots_per_s: float) -> None:
        self._most = f"{snapshots_per_s:g} snapshots"
        self._unreadable = 0
        self._faults = Bucket(MAX_FAULTS_PER_S)
        self._snapshots = Bucket(snapshots_per_s)

    def allows(self, now: float, count: int) -> bool:
        """Say whether so many snapshots may come at `now` (seconds)."""
        return self._snapshots.has(now, count)

    def note(self, now: float, count: int) -> None:
        """Note snapshots that may come, and came."""
        self._snapshots.take(now, count)
        self._unreadable = 0

    def charge(self, now: float, seq: int | None = None) -> None:
        """Note what costs an answer: a snapshot, of that number, or a configuration.

        Raises TooFast when there was too much of it.
        """
        self._unreadable = 0
        if not self._snapshots.take(now):
            raise TooFast(f"Expected at most {self._most} a second, configurations included", seq)

    def end(self, error: LiveError, is_text: bool, now: float) -> Close | None:
        """Note a fault, and say why the session is to be closed for it, if it is.

        is_text: of the frame that caused it.
        """
        self._unreadable += isinstance(error, Unreadable)
        if self._unreadable > MAX_UNREADABLE_FRAMES:
            return Close.UNREADABLE_TEXT if is_text else Close.UNREADABLE_BYTES
        is_too_fast = isinstance(error, TooFast) and self._snapshots.excess_s > MAX_TOO_FAST_S
        return Close.FLOODING if is_too_fast or not self._faults.take(now) else None
