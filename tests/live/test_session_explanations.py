"""A session that wants explanations: what is explained, what is superseded, and that no prediction waits."""

from typing import Any

import pytest

from live.errors import UnknownModel
from live.explaining.explanation import Explanation
from live.messages import Prediction
from live.session import Session
from live.verdict import BLANK
from tests.live.test_session import answer, ink, open_session, sent, taken

WANTED = '{"type":"configure","include":["explanation"]}'


@pytest.fixture
def session() -> Session:
    session = open_session()
    session.receive(WANTED, 0)
    sent(session)
    return session


def predict(session: Session, seq: int, rev: int = 0) -> dict[str, Any]:
    """Have a snapshot answered, and its prediction sent."""
    session.receive(ink(seq, rev), 0)
    answer(session, taken(session))
    return sent(session)[-1]


def explain(prediction: Prediction) -> Explanation:
    numbers = [0.1] * 10
    return Explanation(prediction.seq, prediction.rev, "classic", 3, "shapley", 0.9, 0.1, numbers, numbers)


def take(session: Session) -> Prediction:
    unexplained = session.take_unexplained()
    assert unexplained
    assert unexplained[0].snapshot.seq == unexplained[1].seq
    return unexplained[1]


def test_nothing_is_explained_to_who_does_not_want_it() -> None:
    session = open_session()
    predict(session, 0)
    assert session.take_unexplained() is None


def test_an_explanation_follows_its_prediction(session: Session) -> None:
    session.receive(ink(0), 0)
    answer(session, taken(session))
    assert not session.is_unexplained
    assert [message["type"] for message in sent(session)] == ["prediction"]
    session.explained(explain(take(session)))
    assert session.has_mail
    [explanation] = sent(session)
    assert (explanation["type"], explanation["seq"], explanation["method"]) == ("explanation", 0, "shapley")


def test_only_the_newest_prediction_is_explained(session: Session) -> None:
    for seq in range(3):
        predict(session, seq)
    assert take(session).seq == 2
    assert session.take_unexplained() is None


def test_what_is_being_explained_is_finished_while_the_drawing_grows(session: Session) -> None:
    predict(session, 0)
    first = take(session)
    predict(session, 1)
    session.explained(explain(first))
    assert [message["seq"] for message in sent(session)] == [0]
    assert take(session).seq == 1


def test_the_explanation_of_a_drawing_that_was_cleared_is_not_sent(session: Session) -> None:
    predict(session, 0)
    first = take(session)
    predict(session, 1, rev=1)
    session.explained(explain(first))
    assert sent(session) == []


def test_an_unsent_explanation_makes_way_for_a_newer_prediction(session: Session) -> None:
    predict(session, 0)
    session.explained(explain(take(session)))
    session.receive(ink(1), 0)
    answer(session, taken(session))
    assert [message["type"] for message in sent(session)] == ["prediction"]


def test_a_blank_drawing_needs_no_explanation(session: Session) -> None:
    session.receive('{"type":"ink","seq":0,"strokes":[]}', 0)
    answer(session, taken(session), BLANK)
    sent(session)
    assert session.take_unexplained() is None


def test_what_cant_be_explained_is_said_and_owes_nothing(session: Session) -> None:
    predict(session, 0)
    take(session)
    session.unexplainable(UnknownModel("Expected an extra"))
    [error] = sent(session)
    assert (error["code"], error["seq"]) == ("unknown_model", None)
    assert session.is_settled


def test_who_wants_no_explanation_any_more_is_sent_none(session: Session) -> None:
    predict(session, 0)
    explained = explain(take(session))
    session.receive('{"type":"configure","include":[]}', 0)
    assert [message["type"] for message in sent(session)] == ["configured"]
    session.explained(explained)
    assert not session.has_mail
