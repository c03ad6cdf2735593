"""Regional forms: made from the digits that lack them, and only from those."""

import numpy as np

from live.ink import Ink, from_strokes
from tests.live.drawings import DRAWINGS
from trainer.forms import vary
from trainer.unipen import Sample

NAMES = tuple(DRAWINGS)


def _vary(label: str, ink: Ink) -> list[Sample]:
    return vary([Sample(label, ink, "writer", "1a/abc/file.dat:0")], np.random.default_rng(1))


def test_a_plain_zero_is_slashed_dotted_and_barred() -> None:
    zero = from_strokes(DRAWINGS["zero"])
    forms = _vary("0", zero)
    assert [len(form.ink.counts) for form in forms] == [2, 2, 2]
    assert all(form.label == "0" for form in forms)


def test_a_bare_one_gets_an_upstroke_or_a_foot() -> None:
    upstroke, foot = _vary("1", from_strokes([[(50, 10), (50, 90)]]))
    assert upstroke.ink.counts.tolist() == [3]
    assert upstroke.ink.points[0, 0] < upstroke.ink.points[1, 0]
    assert upstroke.ink.points[0, 1] > upstroke.ink.points[1, 1]
    assert foot.ink.counts.tolist() == [2, 2]
    assert foot.ink.points[2:, 1].min() > 0


def test_a_one_with_an_upstroke_is_left_alone() -> None:
    assert _vary("1", from_strokes([[(10, 50), (50, 10), (50, 90)]])) == []


def test_a_plain_seven_is_crossed_and_a_crossed_one_is_not() -> None:
    plain = from_strokes(DRAWINGS["seven"][:1])
    assert [form.ink.counts.tolist() for form in _vary("7", plain)] == [[3, 2]]
    assert _vary("7", from_strokes(DRAWINGS["seven"])) == []


def test_other_digits_have_no_other_forms() -> None:
    assert _vary("3", from_strokes(DRAWINGS["three"])) == []
