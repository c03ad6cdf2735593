"""Garbage: spares those who draw the collector's pauses.

A flood is thousands of objects at once, none of them garbage, and a session holds hundreds while it lasts.
Python's collector looks through them again and again: as 2,000 sessions came, for 15 to 20 ms at a time, in
which nobody was answered. Here it looks at what is new, once; what outlives that is set aside. Sessions that
end leave it nothing, and what little else there may be waits for a look at everything, once in a long while.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG_OBJECTS = 10_000
"""New objects after which the collector looks through them, for 2 ms. With Python's own threshold, 700, it
took 2.5 % of the processor time under a flood."""
_LOOKS = 2_000
"""Of the collector at new objects, after which it looks at all there are, once: by then 20 million came."""


class Collector:
    """The process's collector, while it is spared."""

    def __init__(self) -> None:
        self._looks = 0

    def tidy(self) -> None:
        """Look at everything, if it is time, for some 100 ns an object. To be called now and then."""
        if self._looks >= _LOOKS:
            self._looks = 0
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def _set_aside(self, phase: str, _: dict[str, int]) -> None:
        if phase == "stop":
            self._looks += 1
            gc.freeze()


@contextmanager
def spared() -> Iterator[Collector]:
    """Have the collector set aside what is there, and from now on what outlives one look at it."""
    collector, threshold = Collector(), gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
    gc.callbacks.append(collector._set_aside)
    try:
        yield collector
    finally:
        gc.callbacks.remove(collector._set_aside)
        gc.set_threshold(*threshold)
        gc.unfreeze()
