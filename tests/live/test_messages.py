"""The wire format: what is read, what is refused and how, and what is written."""

import json
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from live import messages, parsing
from live.errors import BadMessage, BadPicture, LiveError, TooLarge, Unreadable
from live.messages import Configure, Error, GoAway, Prediction, Snapshot, Timing
from live.settings import Settings
from tests.live.drawings import DRAWINGS, binary_ink

LIMITS = replace(Settings().limits, points=100, strokes=5, picture_pixels=10_000)


def decode(frame: str | bytes) -> Configure | Snapshot:
    return parsing.decode(frame, LIMITS)


def snapshot(frame: str | bytes) -> Snapshot:
    message = decode(frame)
    assert isinstance(message, Snapshot)
    return message


def test_json_ink_is_read() -> None:
    found = snapshot('{"type":"ink","seq":7,"rev":2,"strokes":[[[1,2],[3.5,-4]],[],[[5,6,0.1,9]]]}')
    assert (found.seq, found.rev) == (7, 2)
    np.testing.assert_array_equal(found.ink.points, [[1, 2], [3.5, -4], [5, 6]])
    np.testing.assert_array_equal(found.ink.counts, [2, 1])


@pytest.mark.parametrize(("form", "width"), [(0, 2), (1, 0)])
def test_pictures_are_read_but_not_decoded(form: int, width: int) -> None:
    found = snapshot(PICTURE.pack(2, form, width, 7, 2) + b"data")
    assert (found.seq, found.rev, found.picture) == (7, 2, (width, b"data"))
    assert not found.ink.counts.size


def test_binary_ink_is_read() -> None:
    frame = (
        struct.pack("<BBHII", 1, 0, 3, 7, 2)
        + struct.pack("<3H", 2, 0, 1)
        + struct.pack("<6h", 1, 2, 3, -4, 5, 6)
    )
    found = snapshot(frame)
    assert (found.seq, found.rev) == (7, 2)
    np.testing.assert_array_equal(found.ink.points, [[1, 2], [3, -4], [5, 6]])
    np.testing.assert_array_equal(found.ink.counts, [2, 1])


@pytest.mark.parametrize("is_mixed", [False, True])
def test_the_ink_of_many_is_the_ink_of_each(is_mixed: bool) -> None:
    frames: list[str | bytes] = [
        binary_ink([[(1, 2), (3, 4)], [], [(5, 6)]], 0),
        binary_ink([], 0),
        binary_ink([[(7, 8)]], 0),
        *(['{"type":"ink","seq":1,"strokes":[[[1,2],[3.5,-4]]]}'] if is_mixed else []),
    ]
    snapshots = [snapshot(frame) for frame in frames]
    together = messages.drawings_of(snapshots)
    np.testing.assert_array_equal(together.points, np.concatenate([one.ink.points for one in snapshots]))
    np.testing.assert_array_equal(together.counts, np.concatenate([one.ink.counts for one in snapshots]))
    assert together.strokes.tolist() == [one.ink.counts.size for one in snapshots]
    assert [one.points for one in snapshots] == [len(one.ink.points) for one in snapshots]


@pytest.mark.parametrize("name", DRAWINGS)
def test_json_and_binary_ink_say_the_same(name: str) -> None:
    strokes = [[(round(x * 10), round(y * 10)) for x, y in points] for points in DRAWINGS[name]]
    text = snapshot(json.dumps({"type": "ink", "seq": 1, "strokes": strokes})).ink
    binary = snapshot(binary_ink(strokes, seq=1)).ink
    np.testing.assert_array_equal(text.points, binary.points)
    np.testing.assert_array_equal(text.counts, binary.counts)


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"ink","seq":0,"strokes":[]}',
        '{"type":"ink","seq":0,"strokes":[[],[]]}',
        binary_ink([], seq=0),
        binary_ink([[], []], seq=0),
    ],
)
def test_ink_without_a_point_is_a_blank_drawing(frame: str | bytes) -> None:
    assert not snapshot(frame).ink.counts.size


def test_what_is_wrong_beside_a_whole_number_is_said() -> None:
    with pytest.raises(BadMessage, match=r"got `str` - at `\$\.strokes"):
        snapshot('{"type":"ink","seq":7.0,"strokes":[[["a",1]]]}')


def test_only_what_has_a_type_is_mended() -> None:
    for text in (
        '{"seq":7.0,"strokes":[]}',
        '{"type":"configure","seq":7.0,"include":["bad"]}',
        '{"type":5,"seq":1.0',
    ):
        with pytest.raises(BadMessage):
            snapshot(text)


def test_whole_numbers_may_be_written_as_any() -> None:
    found = snapshot('{"type":"ink","seq":7.0,"rev":3e0,"strokes":[[[1,2]]]}')
    assert (found.seq, found.rev, found.ink.counts.tolist()) == (7, 3, [1])


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ('{"type":"configure"}', Configure()),
        ('{"type":"configure","model":"mlp"}', Configure(model="mlp")),
        ('{"type":"configure","include":["input"],"later":1}', Configure(include=["input"])),
    ],
)
def test_configure_is_read(frame: str, expected: Configure) -> None:
    assert decode(frame) == expected


PICTURE = struct.Struct("<BBHII")
HEADER = struct.pack("<BBHII", 1, 0, 2, 7, 0)


DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


@pytest.mark.parametrize(
    ("frame", "kind", "message", "seq"),
    [
        ("{", Unreadable, "Expected a JSON object with a type, got no JSON", None),
        ('{"type":"ink","seq":3,"strokes":[[[NaN,2]]]}', Unreadable, "Expected a JSON object", None),
        ("\ud800", Unreadable, "Expected a JSON object", None),
        ("[]", BadMessage, "Expected `object`, got `array`", None),
        ('{"seq":3}', BadMessage, "missing required field `type`", 3),
        ('{"type":"secret"}', BadMessage, "Expected type configure or ink, got another", None),
        ('{"type":"configure","include":["secret"]}', BadMessage, "Expected include of input", None),
        ('{"type":"ink","seq":3}', BadMessage, "missing required field `strokes`", 3),
        ('{"type":"ink","seq":-1,"strokes":[]}', BadMessage, "Expected `int` >= 0", None),
        ('{"type":"ink","seq":4294967296,"strokes":[]}', BadMessage, "Expected `int` <= 4294967295", None),
        ('{"type":"ink","seq":true,"strokes":[]}', BadMessage, "Expected `int`, got `bool`", None),
        ('{"type":"ink","seq":3,"rev":-1,"strokes":[]}', BadMessage, "$.rev", 3),
        ('{"type":"ink","seq":3,"strokes":[[["a",2]]]}', BadMessage, "Expected `float`, got `str`", 3),
        ('{"type":"ink","seq":3,"strokes":[[[1e999,2]]]}', BadMessage, "Number out of range", 3),
        ('{"type":"ink","seq":3,"strokes":[[[1]]]}', BadMessage, "at least two numbers, got one of 1", 3),
        (f'{{"type":"ink","seq":3,"strokes":{"[" * 5_000 + "]" * 5_000}}}', BadMessage, "got `array`", None),
        (f'{{"type":"ink","seq":3,"strokes":[],"more":{DEEP}}}', Unreadable, "too deep lists", None),
        (b"", Unreadable, "Expected a header of 12 bytes, got a frame of 0", None),
        (HEADER[:11], Unreadable, "Expected a header of 12 bytes, got a frame of 11", None),
        (struct.pack("<BBHII", 9, 0, 0, 7, 0), BadMessage, "Expected kind 1 (ink) or 2 (picture), got 9", 7),
        (struct.pack("<BBHII", 1, 3, 0, 7, 0), BadMessage, "Expected form 0 of ink, got 3", 7),
        (PICTURE.pack(2, 2, 0, 7, 0) + b"x", BadMessage, "Expected form 0 (grey) or 1 (a file)", 7),
        (PICTURE.pack(2, 1, 5, 7, 0) + b"x", BadMessage, "Expected n of 0 before a picture's file, got 5", 7),
        (PICTURE.pack(2, 1, 0, 7, 0), BadPicture, "Expected a picture of a file, got 0 bytes", 7),
        (PICTURE.pack(2, 0, 3, 7, 0) + b"1234", BadPicture, "whole rows of 3 pixels, got 4 bytes", 7),
        (PICTURE.pack(2, 0, 0, 7, 0) + b"1234", BadPicture, "whole rows of 0 pixels, got 4 bytes", 7),
        (PICTURE.pack(2, 0, 1, 7, 0) + bytes(10_001), TooLarge, "at most 10000 pixels, got 10001", 7),
        (HEADER + b"\1", BadMessage, "Expected the point counts of 2 strokes, got a frame of 13 bytes", 7),
        (HEADER + struct.pack("<2H", 1, 1), BadMessage, "Expected 2 points of 4 bytes, got 0 bytes", 7),
        (HEADER + struct.pack("<2H2h", 0, 0, 1, 1), BadMessage, "Expected 0 points of 4 bytes, got 4", 7),
    ],
)
def test_what_cannot_be_read_is_told_with_what_was_expected(
    frame: str | bytes, kind: type[LiveError], message: str, seq: int | None
) -> None:
    with pytest.raises(kind) as caught:
        decode(frame)
    assert type(caught.value) is kind
    assert message in caught.value.message
    assert caught.value.seq == seq
    assert "secret" not in caught.value.message


def test_a_body_nested_too_deep_is_refused() -> None:
    with pytest.raises(BadMessage, match="too deep lists"):
        parsing.decode_body(f'{{"strokes":[],"more":{DEEP}}}'.encode(), LIMITS)


@pytest.mark.parametrize(
    "encode", [binary_ink, lambda s, seq: json.dumps({"type": "ink", "seq": seq, "strokes": s})]
)
def test_too_many_points_or_strokes_are_refused(encode: object) -> None:
    assert callable(encode)
    snapshot(encode([[(1, 1)] * 20] * 5, seq=4))
    with pytest.raises(TooLarge, match="Expected at most 100 points, got 101") as points:
        decode(encode([[(1, 1)] * 101], seq=4))
    with pytest.raises(TooLarge, match="Expected at most 5 strokes, got 6") as strokes:
        decode(encode([[(1, 1)]] * 6, seq=5))
    assert (points.value.seq, strokes.value.seq) == (4, 5)


@pytest.mark.parametrize("number", ["5e-324", "1.7976931348623157E+308", "1e-0000300"])
def test_many_numbers_at_the_ends_of_a_doubles_range_are_refused(number: str) -> None:
    point = f"[1, 2, {'0.123456789e-6, ' * 100} {number}]"
    frame = '{"type": "ink", "seq": 4, "strokes": [[%s]]}'
    assert snapshot(frame % ", ".join([point] * 16)).seq == 4
    with pytest.raises(
        BadMessage, match="Expected at most 16 numbers beyond 1e99 or below 1e-99, got 17"
    ) as told:
        decode(frame % ", ".join([point] * 17))
    assert told.value.seq == 4
    with pytest.raises(BadMessage, match="got 17"):
        parsing.decode_body((frame % ", ".join([point] * 17)).encode(), LIMITS)


def test_many_lists_are_refused_before_they_are_made() -> None:
    frame = '{"type": "ink", "seq": 4, "strokes": [%s"x"]}' % ("[], " * 10_000)
    with pytest.raises(TooLarge, match="Expected at most 121 lists, got 10001") as told:
        decode(frame)
    assert told.value.seq == 4


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_frame_is_read_or_refused(frame: str | bytes) -> None:
    try:
        decode(frame)
    except LiveError as error:
        assert error.message.startswith(("Expected", "Object", "Number"))


@given(st.binary(max_size=60))
def test_any_ink_behind_a_good_header_is_read_or_refused_by_number(body: bytes) -> None:
    try:
        assert snapshot(HEADER + body).seq == 7
    except LiveError as error:
        assert error.seq == 7


PROBABILITIES = [0.001] * 3 + [0.991] + [0.001] * 6


def test_a_prediction_is_written_as_the_protocol_says() -> None:
    timing = Timing(queue_ms=0.5, predict_ms=1.25, batch=7)
    prediction = Prediction(
        7, 2, "classic", "digit", 3, 0.991, [0.001] * 3 + [0.991] + [0.001] * 6, 2, timing
    )
    assert json.loads(messages.encode(prediction)) == {
        "type": "prediction",
        "seq": 7,
        "rev": 2,
        "model": "classic",
        "verdict": "digit",
        "digit": 3,
        "confidence": 0.991,
        "probabilities": PROBABILITIES,
        "dropped": 2,
        "timing": {"queue_ms": 0.5, "predict_ms": 1.25, "batch": 7},
    }
    prediction.input = "AAAA"
    assert json.loads(messages.encode(prediction))["input"] == "AAAA"


def test_an_error_and_a_goodbye_are_written_as_the_protocol_says() -> None:
    assert json.loads(messages.encode(messages.error_message(TooLarge("too many", 3)))) == {
        "type": "error",
        "code": "too_large",
        "message": "too many",
        "seq": 3,
        "retryable": False,
    }
    assert json.loads(messages.encode(GoAway("restart", 1000))) == {
        "type": "goaway",
        "reason": "restart",
        "after_ms": 1000,
    }
    assert msgspec.json.decode(messages.encode(Error("internal", "", None, True)))["seq"] is None


def test_what_is_just_as_large_as_the_limits_is_read() -> None:
    grey = struct.pack("<BBHII", 2, 0, 100, 1, 0)
    assert snapshot(grey + bytes(LIMITS.picture_pixels)).picture
    with pytest.raises(TooLarge):
        decode(grey + bytes(LIMITS.picture_pixels + 100))


def test_a_wrong_configuration_names_no_snapshot() -> None:
    with pytest.raises(BadMessage) as refused:
        decode('{"type":"configure","seq":7,"include":["all"]}')
    assert refused.value.seq is None
