"""An alarm: wakes a task when it asked for it, within some 50 µs. The event loop's own timers count in whole
milliseconds, and a snapshot that is sent one late has waited that long before the server knows of it.

On Linux by a timer that is a file, timerfd_create(2), of which Python knows from 3.13 on; elsewhere by the
event loop.
"""

import asyncio
import contextlib
import ctypes
import os
import sys
import time

clock = time.monotonic
"""What all of the load tester's times are given in, seconds: Linux calls it CLOCK_MONOTONIC."""
_LOOPS_S = 1e-3
"""For less, the event loop would not sleep, and take a core from who is measured."""
_CLOCK_MONOTONIC = 1
_TFD_TIMER_ABSTIME = 1


class _Times(ctypes.Structure):
    """Linux's `struct itimerspec`: how long between two, and when the first is due."""

    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns")]


class Alarm:
    """One task's alarm: a context, within an event loop."""

    def __init__(self) -> None:
        self._file = -1
        self._has_rung = asyncio.Event()

    def __enter__(self) -> "Alarm":
        if sys.platform == "linux":
            self._library = ctypes.CDLL(None)
            self._file = self._library.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file >= 0:
            asyncio.get_running_loop().add_reader(self._file, self._ring)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            asyncio.get_running_loop().remove_reader(self._file)
            os.close(self._file)

    async def until(self, at: float) -> None:
        """Wait until `at`, and if that is past, for a turn of the event loop."""
        pause = at - clock()
        if pause <= 0:
            await asyncio.sleep(0)
        elif self._file < 0:
            await asyncio.sleep(max(pause, _LOOPS_S))
        else:
            self._has_rung.clear()
            times = _Times(0, 0, int(at), int(at % 1 * 1e9))
            self._library.timerfd_settime(self._file, _TFD_TIMER_ABSTIME, ctypes.byref(times), None)
            await self._has_rung.wait()

    def _ring(self) -> None:
        # A timer that was set anew meanwhile has nothing to be read.
        with contextlib.suppress(BlockingIOError):
            os.read(self._file, 8)
            self._has_rung.set()
