"""A thousand of the inputs that `python -m tests.fuzz` tries, and what it says of readers that go wrong."""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.fuzz.__main__ import attempt, fuzz
from tests.fuzz.kinds import SHARES, Kind, kinds


def test_mutated_input_is_read_or_refused() -> None:
    told = fuzz(1_000, seed=1)
    assert sum(told.values()) == 1_000
    for found in ("read", "refused", "too large"):
        assert {name for name, what in told if what == found} == set(SHARES)


def spin(_: bytes) -> None:
    while True:
        with suppress(Exception):
            time.sleep(0)


@pytest.mark.parametrize("read", [spin, lambda _: time.sleep(60), lambda data: data[2]])
def test_what_hangs_or_crashes_is_told_with_the_input(read: Callable[[bytes], object]) -> None:
    with pytest.raises(AssertionError, match=r"body: .* abcd"):
        attempt("body", Kind([], [], read), b"\xab\xcd", max_s=0.05)


@pytest.mark.parametrize("name", SHARES)
def test_a_reader_that_finds_nothing_is_a_crash(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("read_file", "read_grey", "read_archive", "receive"):
        monkeypatch.setattr(f"tests.fuzz.kinds.{reader}", lambda *_: None)
    for reader in ("decode", "decode_body"):
        monkeypatch.setattr(f"live.parsing.{reader}", lambda *_: None)
    kind = kinds()[name]
    with pytest.raises(AssertionError, match=name):
        attempt(name, kind, kind.examples[0])
