"""A session's limits: what is too much of something is said, and closes it if it goes on."""

import pytest

from live.messages import Close
from live.patience import MAX_FAULTS_PER_S, MAX_TOO_FAST_S, MAX_UNREADABLE_FRAMES
from live.session import MAX_UNSENT_MESSAGES
from tests.live.test_session import ink, open_session, sent


def test_too_fast_a_session_is_warned_and_closed_if_it_goes_on() -> None:
    session = open_session(rate=10)
    for seq in range(10):
        session.receive(ink(seq), now=0)
    assert sent(session) == []
    session.receive(ink(10), now=0)
    [error] = sent(session)
    assert (error["code"], error["seq"], error["retryable"]) == ("too_fast", 10, True)
    assert session.close is None
    now, seq = 0.0, 11
    while now <= MAX_TOO_FAST_S + 1 and not session.close:
        now, seq = now + 0.01, seq + 1
        session.receive(ink(seq), now)
        sent(session)
    assert session.close is Close.FLOODING
    assert now > MAX_TOO_FAST_S


def test_a_session_that_slows_down_is_forgiven() -> None:
    session = open_session(rate=10)
    seq = 0
    for burst in range(20):
        for _ in range(11):
            seq += 1
            session.receive(ink(seq), now=burst * 1.0)
        sent(session)
    assert session.close is None


@pytest.mark.parametrize(("frame", "close"), [("}", Close.UNREADABLE_TEXT), (b"?", Close.UNREADABLE_BYTES)])
def test_unreadable_frames_in_a_row_close_the_session(frame: str | bytes, close: Close) -> None:
    session = open_session()
    for _ in range(MAX_UNREADABLE_FRAMES):
        session.receive(frame, 0)
    assert session.close is None
    session.receive(ink(0), 0)
    for _ in range(MAX_UNREADABLE_FRAMES):
        session.receive(frame, 0)
    assert session.close is None
    session.receive(frame, 0)
    assert session.close is close
    errors = sent(session)
    assert {error["code"] for error in errors} == {"bad_message"}


def test_unreadable_frames_with_others_between_them_are_not_taken_without_end() -> None:
    session = open_session()
    frames = 0
    while not session.close and frames <= 10 * MAX_FAULTS_PER_S:
        session.receive('{"type": "configure"}' if frames % 2 else "}", now=0)
        sent(session)
        frames += 1
    assert session.close is Close.FLOODING
    assert frames > MAX_FAULTS_PER_S


def test_frames_that_something_is_wrong_with_are_counted() -> None:
    session = open_session()
    for frame in (ink(1), "}", ink(1), ink(2), '{"type":"configure","model":"nobody"}'):
        session.receive(frame, 0)
    assert session.faults == 3


def test_a_client_that_reads_nothing_cannot_pile_up_errors() -> None:
    session = open_session()
    session.receive(ink(1), 0)
    for _ in range(MAX_UNSENT_MESSAGES + 50):
        session.receive(ink(0), 0)
    assert session.close is Close.FLOODING
    assert len(sent(session)) == MAX_UNSENT_MESSAGES + 1


def test_a_limit_may_be_lower_than_one_a_second() -> None:
    session = open_session(rate=0.5)
    for second in range(6):
        session.receive(ink(second), now=second)
    errors = [(error["code"], error["seq"]) for error in sent(session)]
    assert errors == [("too_fast", 1), ("too_fast", 3), ("too_fast", 5)]
