"""Progress: the bar on a terminal, and the totals."""

import io

import pytest

from live.predict.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr("live.predict.progress.time.monotonic", lambda: now[0])
    return now


def test_a_terminal_is_shown_how_far_it_is_and_then_the_totals(clock: list[float]) -> None:
    terminal = Terminal()
    shown = Progress(terminal, 200)
    for number in range(50):
        clock[0] += 0.125
        shown.count(1, "bad_picture" if number % 10 == 0 else None)
        shown.show()
    assert "██████                  ▏50 of 200, 8/s, 0:19 left" in terminal.getvalue()
    shown.finish()
    assert terminal.getvalue().endswith("\r\x1b[K50 read, 5 failed (5 bad_picture), in 6.2 s\n")
    assert shown.failed == 5


def test_many_drawings_of_one_file_count_as_one_of_what_was_found(clock: list[float]) -> None:
    terminal = Terminal()
    shown = Progress(terminal, 2)
    clock[0] = 1.0
    for _ in range(10):
        shown.count(0.1, None)
    shown.show()
    assert "1 of 2, 10/s, 0:01 left" in terminal.getvalue()


def test_it_is_shown_ten_times_a_second_at_most(clock: list[float]) -> None:
    terminal = Terminal()
    shown = Progress(terminal, 1000)
    for _ in range(1000):
        clock[0] += 0.001
        shown.count(1, None)
        shown.show()
    assert terminal.getvalue().count("\r") <= 10


@pytest.mark.usefixtures("clock")
def test_a_file_gets_the_totals_alone_and_one_picture_nothing() -> None:
    for pictures, expected in ((2, "2 read, in 0.0 s\n"), (1, "")):
        file = io.StringIO()
        shown = Progress(file, pictures)
        for _ in range(pictures):
            shown.count(1, None)
            shown.hide()
            shown.show()
        shown.finish()
        assert file.getvalue() == expected
