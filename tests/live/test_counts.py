"""Counts: added up, in place or not, without changing what was added."""

from collections import Counter

from live.counts import Counts

ONE = Counts(5, 1, Counter(digit=3, blank=1), Counter(too_fast=2))
OTHER = Counts(2, 0, Counter(digit=2), Counter())


def test_counts_are_added_field_by_field() -> None:
    total = ONE + OTHER
    assert total == Counts(7, 1, Counter(digit=5, blank=1), Counter(too_fast=2))


def test_adding_in_place_comes_to_the_same_and_leaves_what_is_added_as_it_was() -> None:
    total = Counts()
    for some in (ONE, OTHER):
        total += some
    assert total == ONE + OTHER
    assert (ONE.verdicts, OTHER.verdicts) == (Counter(digit=3, blank=1), Counter(digit=2))
