"""A session with pictures: what is decoded, what is superseded, and that the books still balance."""

import struct
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from live.errors import BadPicture
from live.session import Session, Waiting
from tests.live.test_session import IMAGE, answer, open_session, sent


def send_picture(session: Session, seq: int) -> None:
    session.receive(struct.pack("<BBHII", 2, 1, 0, seq, 0) + b"file", 0.0)


def send_ink(session: Session, seq: int) -> None:
    session.receive(struct.pack("<BBHII", 1, 0, 0, seq, 0), 0.0)


def take_picture(session: Session) -> Waiting:
    taken = session.take_picture()
    assert taken
    return taken


def predict(session: Session) -> int:
    taken = session.take()
    assert taken
    answer(session, taken)
    return taken.snapshot.seq


def predictions(session: Session) -> list[tuple[int, int]]:
    return [(m["seq"], m["dropped"]) for m in sent(session) if m["type"] == "prediction"]


def test_a_picture_waits_for_the_batcher_only_once_it_is_decoded() -> None:
    session = open_session()
    send_picture(session, 0)
    assert not session.is_waiting
    assert not session.is_settled
    image = np.full((28, 28), 0.5, np.float32)
    session.decoded(take_picture(session), image)
    taken = session.take()
    assert taken
    assert taken.image is image


def test_the_newest_picture_is_decoded_and_older_ones_only_counted() -> None:
    session = open_session()
    for seq in range(3):
        send_picture(session, seq)
    session.decoded(take_picture(session), IMAGE)
    predict(session)
    assert predictions(session) == [(2, 2)]


def test_a_picture_being_decoded_is_answered_though_newer_ones_came() -> None:
    session = open_session()
    send_picture(session, 0)
    first = take_picture(session)
    send_picture(session, 1)
    session.decoded(first, IMAGE)
    assert predict(session) == 0


def test_newer_ink_supersedes_pictures() -> None:
    session = open_session()
    send_picture(session, 0)
    decoding = take_picture(session)
    send_picture(session, 1)
    send_ink(session, 2)
    assert not session.has_picture
    session.decoded(decoding, IMAGE)
    assert predict(session) == 2
    assert predictions(session) == [(2, 2)]
    assert session.is_settled


def test_a_superseded_picture_is_not_complained_about() -> None:
    session = open_session()
    send_picture(session, 0)
    decoding = take_picture(session)
    send_ink(session, 1)
    session.undecodable(decoding, BadPicture("broken"))
    assert sent(session) == []


def test_a_bad_picture_is_an_error_that_names_it() -> None:
    session = open_session()
    send_picture(session, 0)
    session.undecodable(take_picture(session), BadPicture("Expected a picture"))
    assert sent(session) == [
        {
            "type": "error",
            "code": "bad_picture",
            "message": "Expected a picture",
            "seq": 0,
            "retryable": False,
        }
    ]
    assert session.is_settled


def test_who_sent_a_picture_is_settled_once_its_answer_is_handed_out() -> None:
    session = open_session()
    sent(session)
    send_picture(session, 0)
    assert not session.is_settled
    decoding = take_picture(session)
    assert not session.is_settled, "it is being decoded"
    session.decoded(decoding, IMAGE)
    assert not session.is_settled
    predict(session)
    assert not session.is_settled
    assert predictions(session) == [(0, 0)]
    assert session.is_settled


class Pictures(RuleBasedStateMachine):
    """Any order of ink, pictures, decoding, predicting and sending."""

    def __init__(self) -> None:
        super().__init__()
        self.session = open_session()
        self.seq = 0
        self.decoding: Waiting | None = None
        self.taken: Waiting | None = None
        self.messages: list[dict[str, Any]] = []

    @rule()
    def ink(self) -> None:
        send_ink(self.session, self.seq)
        self.seq += 1

    @rule()
    def picture(self) -> None:
        send_picture(self.session, self.seq)
        self.seq += 1

    @precondition(lambda self: self.decoding is None)
    @rule()
    def begin(self) -> None:
        self.decoding = self.session.take_picture()

    @precondition(lambda self: self.decoding is not None)
    @rule()
    def decode(self) -> None:
        assert self.decoding
        self.session.decoded(self.decoding, IMAGE)
        self.decoding = None

    @precondition(lambda self: self.decoding is not None)
    @rule()
    def refuse(self) -> None:
        assert self.decoding
        self.session.undecodable(self.decoding, BadPicture("broken"))
        self.decoding = None

    @precondition(lambda self: self.taken is None)
    @rule()
    def cut(self) -> None:
        self.taken = self.session.take()

    @precondition(lambda self: self.taken is not None)
    @rule()
    def answer(self) -> None:
        assert self.taken
        answer(self.session, self.taken)
        self.taken = None

    @rule()
    def read(self) -> None:
        self.messages += sent(self.session)

    @invariant()
    def predictions_rise(self) -> None:
        numbers = [m["seq"] for m in self.messages if m["type"] == "prediction"]
        assert numbers == sorted(set(numbers))

    def teardown(self) -> None:
        if self.decoding:
            self.decode()
        if self.taken:
            self.answer()
        # What was dropped before a fault is told with the next prediction.
        self.ink()
        while not self.session.is_settled:
            self.begin()
            if self.decoding:
                self.decode()
            self.cut()
            if self.taken:
                self.answer()
            self.read()
        predicted = [m for m in self.messages if m["type"] == "prediction"]
        errors = [m for m in self.messages if m["type"] == "error"]
        assert len(predicted) + sum(m["dropped"] for m in predicted) + len(errors) == self.seq
        assert predicted[-1]["seq"] == self.seq - 1


TestPictures = Pictures.TestCase
TestPictures.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
