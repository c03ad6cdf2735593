"""Floods: frames that come together do what they would do one by one."""

from collections.abc import Sequence
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from live.messages import HEADER, KIND_PICTURE
from live.session import Session
from tests.live.drawings import binary_ink
from tests.live.test_session import ink, open_session, sent

numbers = st.tuples(st.integers(0, 8), st.integers(0, 2))
good = st.builds(
    lambda number, points: HEADER.pack(1, 0, 1, *number) + points.to_bytes(2, "little") + bytes(4 * points),
    numbers,
    st.integers(0, 3),
)
bad = st.one_of(
    st.binary(max_size=16),
    st.builds(lambda number, n: HEADER.pack(1, 0, n, *number) + bytes(7), numbers, st.integers(0, 9)),
    st.builds(lambda number: HEADER.pack(1, 0, 1, *number) + b"\xff\0" + bytes(4 * 255), numbers),
    st.builds(lambda number: HEADER.pack(1, 3, 0, *number), numbers),
)
others = st.one_of(
    st.builds(lambda number: ink(*number), numbers),
    st.builds(lambda number: HEADER.pack(KIND_PICTURE, 0, 2, *number) + bytes(4), numbers),
    st.sampled_from(['{"type":"configure","model":"mlp"}', "no message"]),
)
bundles = st.lists(st.lists(st.one_of(good, good, good, bad, others), max_size=8), max_size=4)
FLOOD: list[str | bytes] = [binary_ink([[(0, 0)]], seq) for seq in range(40)]


def state(session: Session) -> list[Any]:
    """Say all that can be seen of a session, which has nothing left to send or to predict then."""
    counts = session.counts
    waiting, picture = session.take(), session.take_picture()
    return [
        session.close,
        session.faults,
        session.model,
        (counts.snapshots, counts.dropped, counts.errors),
        [(each.snapshot.seq, each.snapshot.rev, each.received_at) for each in (waiting, picture) if each],
        waiting is None,
        sent(session),
    ]


@settings(max_examples=300, deadline=None)
@given(bundles, st.sampled_from([2.0, 1e6]))
@example([FLOOD], 1e6)
@example([FLOOD, FLOOD[:1] * 40], 10.0)
def test_frames_that_come_together_do_what_they_do_one_by_one(
    bundles: Sequence[Sequence[str | bytes]], rate: float
) -> None:
    together, one_by_one = open_session(rate), open_session(rate)
    for now, frames in enumerate(bundles):
        together.receive_all(frames, float(now))
        for frame in frames:
            one_by_one.receive(frame, float(now))
        assert state(together) == state(one_by_one)


def test_of_a_flood_the_newest_waits_and_the_others_are_counted() -> None:
    session = open_session()
    session.receive_all(FLOOD, 0.0)
    waiting = session.take()
    assert waiting
    assert waiting.snapshot.seq == 39
    assert (session.counts.snapshots, session.counts.dropped) == (40, 39)


def test_configurations_count_as_much_as_snapshots() -> None:
    session = open_session(2.0)
    for _ in range(3):
        session.receive('{"type":"configure","model":"mlp"}', 0.0)
    answers = [each["type"] for each in sent(session)]
    assert answers[-3:] == ["configured", "configured", "error"]
    assert session.counts.errors["too_fast"] == 1
    session.receive(FLOOD[0], 1.0)
    assert session.is_waiting
