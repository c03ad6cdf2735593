"""A session's books, without a socket: what adds up, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.load.books import Books, Guarantee


def books_with(sent: int, steps: int = 1) -> Books:
    books = Books(steps)
    for due in range(sent):
        books.send(float(due))
    return books


def close(books: Books, code: int | None = None, *, is_excused: bool = False) -> set[Guarantee]:
    books.close(code, is_excused=is_excused)
    return books.broken


def test_a_prediction_settles_its_snapshot_and_all_before_it() -> None:
    books = books_with(5)
    assert books.predict(1, 1, 0) == [0.0, 1.0]
    assert books.predict(4, 4, 3) == [2.0, 3.0, 4.0]
    assert books.is_settled
    assert close(books) == set()


def test_an_error_that_names_the_last_snapshot_answers_it() -> None:
    books = books_with(2)
    books.predict(0, 0, 0)
    books.fault("too_fast", 1)
    assert books.is_settled
    assert close(books) == set()


def test_an_error_settles_its_own_snapshot_and_no_older_one() -> None:
    books = books_with(4)
    assert books.fault("too_fast", 2) == 2.0
    assert books.unanswered == [0.0, 1.0, 3.0]
    assert books.predict(1, 1, 1) == [0.0, 1.0]
    assert books.predict(3, 3, 0) == [3.0]
    assert books.unanswered == []


def test_an_error_that_names_none_answers_none() -> None:
    books = books_with(1)
    assert books.fault("bad_message", None) is None
    assert books.unanswered == [0.0]
    assert not books.is_settled
    assert close(books) == {Guarantee.LAST_ANSWERED}


def test_an_answer_to_the_last_does_not_settle_what_is_still_on_its_way() -> None:
    books = books_with(2)
    books.fault("too_fast", 1)
    assert not books.is_settled
    books.predict(0, 0, 0)
    assert books.is_settled


def test_a_goodbye_excuses_what_was_never_read_but_not_what_was_made_up() -> None:
    unread = books_with(3)
    unread.predict(0, 0, 0)
    assert close(unread, 1012, is_excused=True) == set()
    made_up = books_with(1)
    made_up.predict(0, 0, 1)
    assert close(made_up, 1012, is_excused=True) == {Guarantee.BALANCE}


@pytest.mark.parametrize("code", [1001, 1009, 1013])
def test_a_close_that_the_protocol_has_excuses_what_was_never_read(code: int) -> None:
    assert close(books_with(3), code) == set()


@pytest.mark.parametrize("code", [1003, 1007, 1008])
def test_a_close_that_needs_a_warning_is_lawful_after_one(code: int) -> None:
    warned = books_with(3)
    warned.fault("too_fast", 0)
    assert close(warned, code) == set()
    assert Guarantee.OPEN in close(books_with(3), code)


@pytest.mark.parametrize("code", [1000, 1002, 1005, 1006, 1011, 1012])
def test_no_error_excuses_a_close_that_no_one_was_told_of(code: int) -> None:
    books = books_with(1)
    books.fault("too_fast", 0)
    assert close(books, code) == {Guarantee.OPEN}


def test_the_drawing_must_be_the_snapshots_own() -> None:
    books = books_with(8, steps=4)
    books.predict(3, 0, 3)
    assert books.broken == set()
    books.predict(7, 2, 3)
    assert books.broken == {Guarantee.RISING}


@given(st.lists(st.sampled_from(["answer", "supersede", "fail"]), min_size=1, max_size=50))
def test_the_books_of_an_honest_server_balance(fates: list[str]) -> None:
    books = books_with(len(fates))
    dropped = 0
    *others, _ = fates
    for seq, fate in enumerate([*others, "answer"]):
        if fate == "supersede":
            dropped += 1
        elif fate == "fail":
            books.fault("internal", seq)
        else:
            books.predict(seq, seq, dropped)
            dropped = 0
    assert books.is_settled
    assert close(books) == set()
