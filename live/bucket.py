"""A bucket: how many of something a session may send. No clock of its own."""


class Bucket:
    """A token bucket that fills at `rate` a second and holds a second's worth."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._capacity = max(rate, 1.0)
        self._level = self._capacity
        self._at: float | None = None
        self._empty_since: float | None = None

    def has(self, now: float, count: int) -> bool:
        """Say whether there are so many tokens at `now` (seconds)."""
        if self._at is not None and now != self._at:
            self._level = min(self._level + (now - self._at) * self._rate, self._capacity)
        self._at = now
        return self._level >= count

    def take(self, now: float, count: int = 1) -> bool:
        """Take so many tokens, if there are as many, at `now` (seconds)."""
        has_them = self.has(now, count)
        if self._level > self._capacity / 2:
            self._empty_since = None
        if has_them:
            self._level -= count
        elif self._empty_since is None:
            self._empty_since = now
        return has_them

    @property
    def excess_s(self) -> float:
        """How long it has been emptied again and again, never refilled to half; 0 if it has not."""
        return 0.0 if self._at is None or self._empty_since is None else self._at - self._empty_since
