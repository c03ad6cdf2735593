"""A thousand of the inputs that `python -m tests.fuzz` tries."""

from tests.fuzz.__main__ import SHARES, fuzz


def test_mutated_input_is_read_or_refused() -> None:
    told = fuzz(1_000, seed=1)
    assert sum(told.values()) == 1_000
    assert {kind for kind, _ in told} == set(SHARES)
