"""Ink files, and the one that ships with the package."""

from collections import Counter
from pathlib import Path

import pytest

from live import ink_file
from live.errors import BadMessage
from live.ink_file import EXAMPLES, Drawing, read, write
from tests.bench.designs import draw_all


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ink.json"
    drawings = [Drawing([[[0.0, 1.5], [2.0, 3.0]]], "7"), Drawing([])]
    write(file, drawings)
    assert read(file) == drawings


def test_what_the_page_saves_is_one_drawing(tmp_path: Path) -> None:
    file = tmp_path / "ink.json"
    file.write_text('{"strokes": [[[1, 2, 16.5, 0.5], [3, 4, 33, 0.5]]], "pens": [{"brush": "pen"}]}')
    assert read(file) == [Drawing([[[1, 2, 16.5, 0.5], [3, 4, 33, 0.5]]])]


TOO_DEEP = f'{{"strokes": [], "more": {"[" * 100_000}{"]" * 100_000}}}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"drawings": []}',
        '{"strokes": 1}',
        '{"strokes": [], "label": "ten"}',
        "\xff",
        pytest.param(TOO_DEEP, id="too deep"),
    ],
)
def test_what_is_no_ink_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ink.json"
    file.write_text(text, "latin-1")
    with pytest.raises(BadMessage, match=r"Expected ink in ink\.json"):
        read(file)


def test_our_own_drawings_are_of_every_digit_and_as_long_as_real_ones() -> None:
    drawings = ink_file.read(EXAMPLES)
    assert len(set(Counter(drawing.label for drawing in drawings).values())) == 1
    assert {drawing.label for drawing in drawings} == set("0123456789")
    points = sorted(sum(map(len, drawing.strokes)) for drawing in drawings)
    assert 40 <= points[len(points) // 2] <= 60


def test_our_own_drawings_are_as_designed() -> None:
    assert read(EXAMPLES) == [
        Drawing([[[float(x), float(y)] for x, y in stroke] for stroke in drawing.strokes], drawing.label)
        for drawing in draw_all()
    ]
