"""A bucket: how many of something a session may send. No clock of its own."""


class Bucket:
    """A token bucket that fills at `rate` a second and holds a second's worth."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._capacity = max(rate, 1.0)
        self._level = self._capacity
        self._at: float | None = None
        self._empty_since: float | None = None

    def take(self, now: float) -> bool:
        """Take one token, if there is one, at `now` (seconds)."""
        if self._at is not None and now != self._at:
            self._level = min(self._level + (now - self._at) * self._rate, self._capacity)
        self._at = now
        if self._level > self._capacity / 2:
            self._empty_since = None
        if self._level < 1:
            self._empty_since = now if self._empty_since is None else self._empty_since
            return False
        self._level -= 1
        return True

    @property
    def excess_s(self) -> float:
        """How long it has been emptied again and again, never refilled to half; 0 if it has not."""
        return 0.0 if self._at is None or self._empty_since is None else self._at - self._empty_since
