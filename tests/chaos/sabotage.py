"""`live-digits`, wounded: its models do, once, what a file says, and its wall clock jumps.

    SABOTAGE=FILE python -m tests.chaos.sabotage serve …

The file's words: raise, nan, exit (the thread), hang; gone as soon as done.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from live import recogniser
from live.__main__ import main
from live.ink import Images
from live.recogniser import Recogniser
from live.verdict import Scores

_HANG_S = 30.0
_YEAR_S = 365 * 86_400.0


def wound(order: Path) -> None:
    """Replace what loads models by what loads them with a wound."""
    load: Callable[..., Recogniser] = recogniser.load

    def load_wounded(*arguments: object) -> Recogniser:
        sound = load(*arguments)

        def scores(images: Images) -> Scores:
            word = order.read_text() if order.exists() else ""
            if word:
                order.unlink()
            if word == "raise":
                raise ValueError("Expected to fail")
            if word == "exit":
                raise SystemExit
            if word == "hang":
                time.sleep(_HANG_S)
            return np.full((len(images), 10), np.nan, np.float32) if word == "nan" else sound.scores(images)

        return sound._replace(scores=scores)

    recogniser.load = load_wounded  # type: ignore[assignment]


def jump() -> None:
    """Have the wall clock jump by a year, back and forth, twice a second."""
    true_time = time.time
    time.time = lambda: true_time() + (_YEAR_S if time.monotonic() % 1 < 0.5 else -_YEAR_S)


if __name__ == "__main__":
    wound(Path(os.environ["SABOTAGE"]))
    if os.environ.get("SABOTAGE_CLOCK"):
        jump()
    sys.exit(main())
