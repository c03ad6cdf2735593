"""`live-digits` as on a system that is not Unix: python -m tests.foreign serve …

Without what Python has on Unix alone, as far as the server uses it. The rest is as it is here.
"""

import asyncio
import os
import signal
import sys
from typing import Any

import uvloop


def lose_unix() -> None:
    """Take away signals in the event loop, signals of a terminal, niceness, limits and terminals."""

    def hears_nothing(*_: Any) -> None:
        raise NotImplementedError

    uvloop.Loop.add_signal_handler = hears_nothing  # type: ignore[assignment,method-assign]
    asyncio.SelectorEventLoop.add_signal_handler = hears_nothing  # type: ignore[assignment,method-assign]
    lacking = (
        (signal, "SIGHUP"),
        (signal, "pthread_sigmask"),
        (os, "O_NOCTTY"),
        (os, "nice"),
        (os, "sched_getaffinity"),
    )
    for module, name in lacking:
        delattr(module, name)
    for missing in ("resource", "fcntl", "termios"):
        sys.modules[missing] = None  # type: ignore[assignment]


if __name__ == "__main__":
    lose_unix()
    # Late, as nothing of ours may have looked around before.
    from live.__main__ import main

    sys.exit(main())
