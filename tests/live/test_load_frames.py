"""Frames: drawings cut into what is sent, as the server understands it."""

import numpy as np
import pytest

from live import ink, parsing
from live.ink_file import EXAMPLES, Drawing, read
from live.load.frames import Motion, animate, stamp_binary, stamp_json
from live.messages import Snapshot
from live.settings import Settings

LIMITS = Settings().limits
DRAWINGS = read(EXAMPLES)


def decoded(motion: Motion, is_json: bool, seq: int = 7, rev: int = 3) -> list[Snapshot]:
    stamp = stamp_json if is_json else stamp_binary
    frames = [bytes(stamp(frame, seq, rev)) for frame in motion.frames]
    snapshots = [parsing.decode(frame.decode() if is_json else frame, LIMITS) for frame in frames]
    assert all(isinstance(snapshot, Snapshot) for snapshot in snapshots)
    return [snapshot for snapshot in snapshots if isinstance(snapshot, Snapshot)]


@pytest.mark.parametrize("is_json", [False, True])
def test_a_drawing_grows_to_all_of_it(is_json: bool) -> None:
    for drawing in DRAWINGS[:20]:
        snapshots = decoded(animate(drawing, 8, is_json), is_json)
        points = [len(snapshot.ink.points) for snapshot in snapshots]
        assert points == sorted(points)
        assert points[0] > 0
        assert points[-1] == sum(map(len, drawing.strokes))
        assert {(snapshot.seq, snapshot.rev) for snapshot in snapshots} == {(7, 3)}


@pytest.mark.parametrize("is_json", [False, True])
def test_what_arrives_looks_like_what_was_drawn(is_json: bool) -> None:
    for drawing in DRAWINGS[:20]:
        [snapshot] = decoded(animate(drawing, 1, is_json), is_json)
        expected = ink.render([ink.from_strokes(drawing.strokes)])
        np.testing.assert_allclose(ink.render([snapshot.ink]), expected, atol=0.05)


def test_a_blank_drawing_can_be_sent() -> None:
    for is_json in (False, True):
        [snapshot] = decoded(animate(Drawing([]), 1, is_json), is_json)
        assert snapshot.ink.is_blank


def test_labels_are_digits_or_nothing() -> None:
    assert animate(Drawing([], "7"), 1, False).label == 7
    assert animate(Drawing([]), 1, False).label is None
