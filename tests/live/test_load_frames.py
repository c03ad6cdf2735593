"""Frames: drawings cut into what is sent, as the server understands it."""

from collections.abc import Generator

import numpy as np
import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from live import ink, parsing
from live.ink_file import EXAMPLES, Drawing, Strokes, read
from live.load.frames import Motion, animate, masked, stamp_binary, stamp_json
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
        assert not snapshot.ink.counts.size


def test_a_stroke_without_points_can_be_sent_with_others() -> None:
    for is_json in (False, True):
        first, last = decoded(animate(Drawing([[], [[1, 2], [30, 40]]]), 2, is_json), is_json)
        assert (len(first.ink.points), len(last.ink.points)) == (1, 2)


MANY = 0x10000


@pytest.mark.parametrize("strokes", [[[[0.0, 1.0]] * MANY], [[[0.0, 1.0]]] * MANY])
def test_what_binary_ink_does_not_hold_is_said(strokes: Strokes) -> None:
    with pytest.raises(ValueError, match="Expected at most 65,535 strokes, and points in each"):
        animate(Drawing(strokes), 1, is_json=False)
    animate(Drawing(strokes), 1, is_json=True)


def test_points_too_far_apart_for_any_arithmetic_are_said() -> None:
    drawing = Drawing([[[-1e308, 0.0], [1e308, 1.0]]])
    with pytest.raises(ValueError, match="Expected points nearer to each other"):
        animate(drawing, 1, is_json=False)
    animate(drawing, 1, is_json=True)
    far = animate(Drawing([[[-8e307, 0.0], [8e307, 8e307]]]), 1, is_json=False)
    assert decoded(far, False)[0].ink.points.tolist() == [[0, 0], [30_000, 15_000]]


@pytest.mark.parametrize("is_json", [False, True])
def test_a_point_of_one_number_is_refused(is_json: bool) -> None:
    with pytest.raises(ValueError, match="Expected points of two numbers or more"):
        animate(Drawing([[[1.0], [2.0]]]), 1, is_json)


def test_labels_are_digits_or_nothing() -> None:
    assert animate(Drawing([], "7"), 1, False).label == 7
    assert animate(Drawing([]), 1, False).label is None


@pytest.mark.parametrize("size", [0, 125, 126, 0xFFFF, 0x10000])
def test_frames_are_masked_as_the_library_reads_them(size: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    reader = StreamReader()
    reader.feed_data(masked(Opcode.BINARY, payload) + masked(Opcode.TEXT, b"next"))
    read = [_run(Frame.parse(reader.read_exact, mask=True)) for _ in range(2)]
    assert [(frame.opcode, frame.data, frame.fin) for frame in read] == [
        (Opcode.BINARY, payload, True),
        (Opcode.TEXT, b"next", True),
    ]


def _run(parsing: Generator[None, None, Frame]) -> Frame:
    """Read what is all there."""
    try:
        next(parsing)
    except StopIteration as end:
        frame: Frame = end.value
        return frame
    raise AssertionError("Expected a whole frame")
