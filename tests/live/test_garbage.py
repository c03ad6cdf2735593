"""The collector, spared: it looks at what is new once, and at everything once in a long while."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from live import garbage
from live.garbage import Collector, spared


class Ring:
    """Garbage as soon as nobody holds it, and then the collector's."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[Collector]:
    with spared() as collector:
        yield collector


def look() -> None:
    """Have the collector look at what is new."""
    gc.collect(0)


def test_what_is_garbage_when_it_is_looked_at_is_taken_away(collector: Collector) -> None:
    ring = weakref.ref(Ring())
    look()
    assert ring() is None


def test_what_outlives_a_look_is_not_looked_at_again(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "_LOOKS", 3)
    ring = Ring()
    seen = weakref.ref(ring)
    look()
    del ring
    gc.collect()
    collector.tidy()
    assert seen(), "not even by a look at everything else"
    look()
    collector.tidy()
    assert seen() is None, "but after so many looks it is"
    kept = Ring()
    collector.tidy()
    assert kept.itself in gc.get_objects(), "and then not for as long"


def test_the_collector_is_as_it_was_in_the_end() -> None:
    before = gc.get_threshold(), len(gc.callbacks)
    with spared():
        assert gc.get_freeze_count() > 0
        assert (gc.get_threshold(), len(gc.callbacks)) != before
    assert gc.get_freeze_count() == 0
    assert (gc.get_threshold(), len(gc.callbacks)) == before
