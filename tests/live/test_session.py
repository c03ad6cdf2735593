"""A session's state machine, without a socket: every order of events, and the guarantees."""

import base64
import json
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from live.errors import Internal
from live.lanes import Cut
from live.messages import GoAway, Model, Ready
from live.prediction import Answer, tell
from live.session import (
    Session,
    Waiting,
)
from live.settings import Settings
from live.verdict import BLANK, Judgement

THREE = Judgement("digit", 3, 0.91, [0.01] * 3 + [0.91] + [0.01] * 6)
IMAGE = np.zeros((28, 28), np.float32)


def open_session(rate: float = 1e6) -> Session:
    limits = replace(
        Settings().limits,
        frame_bytes=65_536,
        points=100,
        strokes=5,
        picture_pixels=10_000,
        snapshots_per_s=rate,
    )
    models = [Model("mlp", False, ""), Model("classic", True, "")]
    session = Session(Ready(1, "live-digits/test", "id", models, limits))
    assert sent(session) == [
        {
            "type": "ready",
            "protocol": 1,
            "server": "live-digits/test",
            "session": "id",
            "models": [
                {"name": "mlp", "default": False, "summary": ""},
                {"name": "classic", "default": True, "summary": ""},
            ],
            "limits": msgspec.to_builtins(limits),
        }
    ]
    return session


def sent(session: Session) -> list[dict[str, Any]]:
    """Take all that the session has to send."""
    return [json.loads(text) for text in iter(session.next_message, None)]


def ink(seq: object, rev: object = 0) -> str:
    return json.dumps({"type": "ink", "seq": seq, "rev": rev, "strokes": [[[0, 0], [1, 1]]]})


def taken(session: Session) -> Waiting:
    waiting = session.take()
    assert waiting
    return waiting


def answer(session: Session, waiting: Waiting, judgement: Judgement = THREE) -> None:
    cut = Cut(session.model, 1, waiting.received_at + 0.0001, waiting.received_at + 0.0003)
    session.answer(waiting, tell(waiting, Answer(judgement, IMAGE), cut, session.include))


def test_a_snapshot_is_taken_and_answered() -> None:
    session = open_session()
    session.receive(ink(7, 2), now=1.5)
    assert session.is_waiting
    waiting = taken(session)
    assert waiting.received_at == 1.5
    assert not session.is_settled
    answer(session, waiting)
    [prediction] = sent(session)
    assert prediction == {
        "type": "prediction",
        "seq": 7,
        "rev": 2,
        "model": "classic",
        "verdict": "digit",
        "digit": 3,
        "confidence": 0.91,
        "probabilities": THREE.probabilities,
        "dropped": 0,
        "timing": {"queue_ms": 0.1, "predict_ms": 0.2, "batch": 1},
    }
    assert session.is_settled


def test_newest_snapshot_replaces_the_waiting_one_and_is_counted() -> None:
    session = open_session()
    for seq in range(5):
        session.receive(ink(seq), 0)
    waiting = taken(session)
    assert waiting.snapshot.seq == 4
    assert session.take() is None
    answer(session, waiting)
    assert [(p["seq"], p["dropped"]) for p in sent(session)] == [(4, 4)]


def test_newest_prediction_replaces_the_unsent_one_and_is_counted() -> None:
    session = open_session()
    for seq in range(3):
        session.receive(ink(seq), 0)
        answer(session, taken(session))
    assert [(p["seq"], p["dropped"]) for p in sent(session)] == [(2, 2)]


def test_a_blank_drawing_has_no_digit() -> None:
    session = open_session()
    session.receive('{"type":"ink","seq":0,"strokes":[]}', 0)
    answer(session, taken(session), BLANK)
    [prediction] = sent(session)
    assert prediction["verdict"] == "blank"
    assert prediction["digit"] is prediction["confidence"] is prediction["probabilities"] is None


def test_a_failed_snapshot_becomes_an_error_that_names_it() -> None:
    session = open_session()
    session.receive(ink(1), 0)
    session.receive(ink(2), 0)
    session.fail(taken(session), Internal("Expected a prediction, but the model failed"))
    [error] = sent(session)
    assert (error["code"], error["seq"], error["retryable"]) == ("internal", 2, True)
    session.receive(ink(3), 0)
    answer(session, taken(session))
    assert [p["dropped"] for p in sent(session)] == [1]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (ink(5), "Expected a seq over 5, got 5"),
        (ink(4), "Expected a seq over 5, got 4"),
        (ink(6, 1), "Expected a rev of at least 2, got 1"),
    ],
)
def test_stale_numbers_are_refused_and_the_waiting_snapshot_stays(frame: str, message: str) -> None:
    session = open_session()
    session.receive(ink(5, 2), 0)
    session.receive(frame, 0)
    [error] = sent(session)
    assert (error["code"], error["message"]) == ("stale_seq", message)
    assert error["seq"] == json.loads(frame)["seq"]
    assert taken(session).snapshot.seq == 5


def test_configure_changes_what_it_names_and_repeats_all() -> None:
    session = open_session()
    session.receive('{"type":"configure","model":"mlp"}', 0)
    session.receive('{"type":"configure","include":["input","input"]}', 0)
    session.receive('{"type":"configure"}', 0)
    assert sent(session) == [
        {"type": "configured", "model": "mlp", "include": []},
        {"type": "configured", "model": "mlp", "include": ["input"]},
        {"type": "configured", "model": "mlp", "include": ["input"]},
    ]
    session.receive('{"type":"configure","include":[]}', 0)
    assert sent(session)[0]["include"] == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"type":"configure","model":"nope","include":["input"]}', "unknown_model"),
        ('{"type":"configure","model":"mlp","include":["nope"]}', "bad_message"),
        ('{"type":"configure","include":["nope"],"seq":3}', "bad_message"),
    ],
)
def test_an_unknown_model_or_include_is_an_error_and_nothing_changes(frame: str, code: str) -> None:
    session = open_session()
    session.receive(frame, 0)
    [error] = sent(session)
    assert (error["code"], error["seq"]) == (code, None)
    assert (session.model, session.include) == ("classic", ())


def test_input_is_the_image_in_bytes_when_included() -> None:
    session = open_session()
    session.receive('{"type":"configure","include":["input"]}', 0)
    session.receive(ink(0), 0)
    image = np.linspace(0, 1, 784, dtype=np.float32).reshape(28, 28)
    prediction = tell(taken(session), Answer(THREE, image), Cut("classic", 1, 0, 0), session.include)
    assert prediction.input
    pixels = base64.b64decode(prediction.input)
    np.testing.assert_array_equal(np.frombuffer(pixels, np.uint8), np.rint(image.ravel() * 255))


def test_a_goodbye_is_sent_and_what_waits_is_still_answered() -> None:
    session = open_session()
    session.receive(ink(0), 0)
    session.go_away(GoAway("restart", 1000))
    assert [m["type"] for m in sent(session)] == ["goaway"]
    assert not session.is_settled
    answer(session, taken(session))
    assert [m["type"] for m in sent(session)] == ["prediction"]
    assert session.is_settled


class AnyOrder(RuleBasedStateMachine):
    """Whatever the order of events, the books balance and numbers rise."""

    def __init__(self) -> None:
        super().__init__()
        self.session = open_session()
        self.seq = 0
        self.received = 0
        self.in_flight: list[Waiting] = []
        self.sent: list[dict[str, Any]] = []

    @rule(step=st.integers(-1, 3), rev=st.integers(0, 2))
    def draw(self, step: int, rev: int) -> None:
        self.seq = max(0, self.seq + step)
        self.received += 1
        self.session.receive(ink(self.seq, rev), 0)

    @rule(seq=st.integers(0, 5) | st.just(None))
    def send_nonsense(self, seq: int | None) -> None:
        self.received += seq is not None
        self.session.receive(json.dumps({"type": "ink", "seq": seq, "strokes": "?"}), 0)

    @rule(model=st.sampled_from(["mlp", "classic", "nope"]))
    def configure(self, model: str) -> None:
        self.session.receive(json.dumps({"type": "configure", "model": model}), 0)

    @precondition(lambda self: self.session.is_waiting)
    @rule()
    def take(self) -> None:
        self.in_flight.append(taken(self.session))

    @precondition(lambda self: self.in_flight)
    @rule(fails=st.booleans())
    def come_back(self, fails: bool) -> None:
        waiting = self.in_flight.pop(0)
        if fails:
            self.session.fail(waiting, Internal("no"))
        else:
            answer(self.session, waiting)

    @rule()
    def send(self) -> None:
        self.sent += sent(self.session)

    @invariant()
    def predictions_rise(self) -> None:
        numbers = [m["seq"] for m in self.sent if m["type"] == "prediction"]
        assert numbers == sorted(set(numbers))

    def teardown(self) -> None:
        while self.session.is_waiting:
            self.take()
        while self.in_flight:
            self.come_back(fails=False)
        # One more answered snapshot carries what a failed one had superseded.
        self.seq = 2**32 - 1
        self.draw(0, 2)
        self.take()
        self.come_back(fails=False)
        self.send()
        assert self.session.is_settled
        predictions = [m for m in self.sent if m["type"] == "prediction"]
        errors = [m for m in self.sent if m["type"] == "error" and m["seq"] is not None]
        dropped = sum(p["dropped"] for p in predictions)
        assert len(predictions) + dropped + len(errors) == self.received
        counts = self.session.counts
        assert counts.snapshots == self.received
        assert counts.dropped == dropped
        assert sum(counts.verdicts.values()) == len(predictions)
        assert sum(counts.errors.values()) == len([m for m in self.sent if m["type"] == "error"])


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
