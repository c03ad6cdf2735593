"""Progress of the command `predict`: a bar on the terminal while it works, and a line of totals at its end.

Both go to standard error, so that standard output holds the answers alone.
"""

import time
from collections import Counter
from typing import TextIO

_WIDTH = 24
"""Of the bar, in cells."""
_PARTS = " ▏▎▍▌▋▊▉█"
_PAUSE_S = 0.1
"""Between two looks of the bar."""
_CLEAR = "\r\x1b[K"


class Progress:
    """Counts what has been read, and shows it if the stream is a terminal."""

    def __init__(self, stream: TextIO, total: int) -> None:
        self._stream = stream
        self._total = max(total, 1)
        self._is_shown = stream.isatty() and total > 1
        self._began = self._drawn_at = time.monotonic()
        self._done = 0.0
        self._read = 0
        self._faults: Counter[str] = Counter()

    @property
    def failed(self) -> int:
        """How many had no prediction."""
        return self._faults.total()

    def count(self, share: float, fault: str | None) -> None:
        """Count one more, that was so much of a picture and had this fault, if any."""
        self._read += 1
        self._done += share
        if fault:
            self._faults[fault] += 1

    def hide(self) -> None:
        """Make way for a line on the same terminal."""
        if self._is_shown:
            self._stream.write(_CLEAR)

    def show(self) -> None:
        """Show the bar, if it is time for it."""
        now = time.monotonic()
        if self._is_shown and now - self._drawn_at >= _PAUSE_S:
            self._drawn_at = now
            self._stream.write(f"\r{self._bar(now)}\x1b[K")
            self._stream.flush()

    def finish(self) -> None:
        """Take the bar away, and say the totals unless there was but one."""
        self.hide()
        if self._read > 1:
            seconds = time.monotonic() - self._began
            faults = ", ".join(f"{count:,} {code}" for code, count in self._faults.most_common())
            failed = f", {self.failed:,} failed ({faults})" if faults else ""
            self._stream.write(f"{self._read:,} read{failed}, in {seconds:.1f} s\n")
        self._stream.flush()

    def _bar(self, now: float) -> str:
        share = min(self._done / self._total, 1.0)
        eighths = round(share * _WIDTH * 8)
        bar = _PARTS[8] * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")
        seconds = now - self._began
        left_s = round(seconds / share * (1 - share)) if share else 0
        left = f"{left_s // 60}:{left_s % 60:02} left"
        return f"{bar:{_WIDTH}}▏{self._done:,.0f} of {self._total:,}, {self._read / seconds:,.0f}/s, {left}"
