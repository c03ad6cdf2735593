"""Tuning: what Python, Linux and the C library are told once, before serving.

Their defaults suit a program that computes, or one that waits; a server does both, in two threads, thousands
of times a second.
"""

import ctypes
import sys

SWITCH_S = 2e-5
"""How long a thread keeps the interpreter while another wants it. With Python's own 5 ms the predict thread,
back from the model, waits that long for a busy event loop: 64 sessions in a closed loop got 2,500 answers a
second that way, 3,500 this way."""
_SLACK_NS = 1_000
_PR_SET_TIMERSLACK = 29
_KEPT_BYTES = 16 << 20
_LARGE_BYTES = 8 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def tune() -> None:
    """Prepare this process, and the calling thread with those that it will start, for serving."""
    sys.setswitchinterval(SWITCH_S)
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        _be_punctual(library)
        _keep_memory(library)


def _be_punctual(library: ctypes.CDLL) -> None:
    """Have Linux wake this thread, and those that it will start, when they asked for it, not 50 µs later.

    A thread that waits for the interpreter lock wakes up every `SWITCH_S`, and requests the lock if nobody
    released it meanwhile. A busy event loop releases it every 100 µs, and takes it back at once. Woken 50 µs
    late, the predict thread always found that it had been released, and requested nothing: under a flood a
    batch took 30 ms instead of 1.
    """
    library.prctl(_PR_SET_TIMERSLACK, _SLACK_NS, 0, 0, 0)


def _keep_memory(library: ctypes.CDLL) -> None:
    """Have glibc keep some megabytes that were freed, instead of giving them back and asking again.

    Rendering a batch of 62 takes arrays of half a megabyte each, and touched 200 new pages each time, which
    Linux clears one by one: 6 of the 23 µs that it took a drawing. Other C libraries are not asked.
    """
    if mallopt := getattr(library, "mallopt", None):
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
