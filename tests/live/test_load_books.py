"""A session's books, without a socket: what adds up, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.load.books import Books, Guarantee, Terms


def books_with(sent: int, steps: int = 1) -> Books:
    books = Books(steps)
    for due in range(sent):
        books.send(float(due), due + 0.5)
    return books


def close(books: Books, code: int | None = None, at: float = 1e9) -> set[Guarantee]:
    books.close(code, at)
    return books.broken


def test_a_prediction_settles_its_snapshot_and_all_before_it() -> None:
    books = books_with(5)
    assert books.predict(1, 1, 1) == [0.0, 1.0]
    assert books.predict(4, 4, 2) == [2.0, 3.0, 4.0]
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
    assert close(books) == set()


def test_an_error_that_names_none_answers_none() -> None:
    books = books_with(1)
    assert books.fault("internal", None) is None
    assert books.unanswered == [0.0]
    assert not books.is_settled
    assert close(books) == {Guarantee.LAST_ANSWERED}


def test_an_answer_to_the_last_does_not_settle_what_is_still_on_its_way() -> None:
    books = books_with(2)
    books.fault("too_fast", 1)
    assert not books.is_settled
    books.predict(0, 0, 0)
    assert books.is_settled


def test_what_is_dropped_is_counted_with_the_next_prediction_and_no_sooner() -> None:
    uncounted = books_with(3)
    uncounted.predict(1, 1, 0)
    assert uncounted.broken == {Guarantee.BALANCE}
    ahead = books_with(2)
    ahead.predict(0, 0, 1)
    assert ahead.broken == {Guarantee.BALANCE}, "the newest is superseded by nothing"
    meanwhile = books_with(3)
    meanwhile.predict(0, 0, 1)
    assert meanwhile.broken == set(), "the last superseded the one before it, while the first was answered"
    negative = books_with(2)
    negative.predict(1, 1, -1)
    assert negative.broken == {Guarantee.BALANCE}


def test_a_snapshot_is_answered_once() -> None:
    twice = books_with(3)
    twice.fault("internal", 1)
    twice.fault("internal", 1)
    assert twice.broken == {Guarantee.BALANCE}
    answered = books_with(3)
    answered.predict(0, 0, 0)
    answered.fault("internal", 0)
    assert answered.broken == {Guarantee.BALANCE}
    failed = books_with(3)
    failed.fault("internal", 0)
    failed.predict(0, 0, 0)
    assert failed.broken == {Guarantee.RISING}
    unsent = books_with(3)
    unsent.fault("internal", 3)
    assert unsent.broken == {Guarantee.RISING}


@pytest.mark.parametrize("code", ["bad_message", "bad_picture", "stale_seq", "unknown_model", "too_large"])
@pytest.mark.parametrize("seq", [0, None])
def test_ink_within_the_limits_is_not_refused(code: str, seq: int | None) -> None:
    books = books_with(1)
    books.fault(code, seq)
    assert books.broken == {Guarantee.TAKEN}


@pytest.mark.parametrize("code", ["too_fast", "overloaded", "internal", "too_large"])
def test_an_error_that_there_may_be_a_reason_for_breaks_no_promise(code: str) -> None:
    books = Books(1)
    books.begin(Terms(60.0, is_oversized=True), 0.0)
    books.send(0.0, 0.0)
    books.fault(code, 0)
    assert close(books) == set()


def test_a_goodbye_excuses_what_was_on_its_way_and_nothing_older() -> None:
    unread = books_with(3)
    unread.predict(1, 1, 1)
    unread.say_goodbye(2.6)
    assert close(unread, 1012, 3.0) == set()
    ignored = books_with(3)
    ignored.predict(1, 1, 1)
    ignored.say_goodbye(3.0)
    assert close(ignored, 1012, 3.1) == {Guarantee.LAST_ANSWERED}
    uncounted = books_with(4)
    uncounted.fault("internal", 2)
    uncounted.say_goodbye(3.6)
    assert close(uncounted, 1012, 3.7) == {Guarantee.BALANCE}


def test_a_goodbye_is_followed_by_1012() -> None:
    for code in (1000, 1001, 1006, 4321):
        books = books_with(1)
        books.begin(Terms(60.0), 0.0)
        books.predict(0, 0, 0)
        books.say_goodbye(1.0)
        assert close(books, code, 1.5) == {Guarantee.OPEN}


@pytest.mark.parametrize(
    ("at", "is_idle"), [(62.0, True), (70.0, True), (55.0, False), (2.55, False), (3.0, False)]
)
def test_only_who_is_idle_is_closed_for_it(at: float, is_idle: bool) -> None:
    books = books_with(2)
    books.begin(Terms(60.0), 0.0)
    books.send(1.0, 2.0)
    books.predict(2, 2, 2)
    assert close(books, 1001, at) == (set() if is_idle else {Guarantee.OPEN})


def test_who_draws_again_as_it_is_closed_for_being_idle_was_idle() -> None:
    books = Books(1)
    books.begin(Terms(60.0), 0.0)
    books.send(60.4, 60.4)
    assert close(books, 1001, 60.5) == set()


@pytest.mark.parametrize(("code", "warning"), [(1008, "too_fast"), (1013, "overloaded")])
def test_a_close_that_needs_a_warning_is_lawful_after_one(code: int, warning: str) -> None:
    warned = books_with(2)
    warned.fault(warning, 0)
    assert close(warned, code, 1.6) == set()
    assert Guarantee.OPEN in close(books_with(2), code, 1.6)


def test_a_flood_is_left_unread_and_an_overload_is_not() -> None:
    for code, warning, broken in [(1008, "too_fast", set()), (1013, "overloaded", {Guarantee.LAST_ANSWERED})]:
        books = books_with(3)
        books.fault(warning, 0)
        assert close(books, code, 9.0) == broken


@pytest.mark.parametrize("is_oversized", [True, False])
def test_a_frame_that_is_too_big_closes_a_session(is_oversized: bool) -> None:
    books = books_with(3)
    books.begin(Terms(60.0, is_oversized), 0.0)
    assert (close(books, 1009, 9.0) == set()) == is_oversized


@pytest.mark.parametrize("code", [1000, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 4321])
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
