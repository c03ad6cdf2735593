"""The load tester and servers that lie, stall or fall silent: nothing gets past it."""

import threading
from pathlib import Path

import pytest

from live.load import text
from live.load.books import Guarantee
from tests.live import liar
from tests.live.liar import adding, saying
from tests.live.loads import FEW, load, run, work

[READY] = liar.GREETING

LIES = [
    (liar.drops_without_counting, {Guarantee.BALANCE}),
    (liar.counts_too_many, {Guarantee.BALANCE}),
    (liar.falls_back, {Guarantee.RISING}),
    (liar.answers_the_unsent, {Guarantee.RISING, Guarantee.LAST_ANSWERED}),
    (liar.mixes_up_drawings, {Guarantee.RISING}),
    (liar.falls_silent, {Guarantee.LAST_ANSWERED}),
    (liar.hangs_up, {Guarantee.OPEN, Guarantee.LAST_ANSWERED}),
    (liar.counts_ahead, {Guarantee.BALANCE}),
    (liar.pays_with_an_error, {Guarantee.BALANCE}),
    (liar.refuses_half, {Guarantee.TAKEN}),
    (liar.leaves_unanswered, {Guarantee.LAST_ANSWERED}),
    (liar.leaves_otherwise, {Guarantee.OPEN}),
    (liar.never_leaves, {Guarantee.OPEN}),
    (liar.closing(1001), {Guarantee.OPEN}),
    (liar.closing(1009), {Guarantee.OPEN}),
    (liar.closing(1013), {Guarantee.OPEN}),
]


@pytest.mark.parametrize(("lie", "broken"), LIES, ids=[lie.__name__ for lie, _ in LIES])
async def test_a_server_that_lies_is_found_out(lie: liar.Answer, broken: set[Guarantee]) -> None:
    with liar.running_liar(lie) as url:
        outcome = await work(url, rate=50.0, grace_s=0.3)
    assert broken <= set(outcome.broken)
    assert set(outcome.broken.values()) == {2}


NONE = {"digit": None, "confidence": None, "probabilities": None}


@pytest.mark.parametrize(
    "answer",
    [
        saying(probabilities=[0.0] * 10),
        saying(probabilities=[0.05, 0.8, 0.05, 0.05, 0.05]),
        saying(probabilities=[-0.5, 1.5, *[0.0] * 8]),
        saying(probabilities=None),
        saying(digit=42),
        saying(digit=-9),
        saying(digit=2),
        saying(confidence=91),
        saying(verdict="banana"),
        saying(verdict="blank"),
        saying(verdict="blank", **NONE),
        saying(**NONE),
        saying(timing={"queue_ms": 0.1, "predict_ms": 0.2, "batch": 0}),
        saying(input="AAAA"),
        lambda seq, rev: [{"type": "prediction", "seq": seq, "rev": rev}],
        adding({"type": "gossip"}),
        adding(liar.error("banana")),
        adding({"type": "error", "code": "overloaded"}),
        adding(b"\1\0"),
        adding('{"type": "\udcff"}'),
        adding('{"type":' + "[" * 100_000),
        adding("no JSON"),
        adding(*liar.GREETING),
        adding(liar.CONFIGURED),
        saying(model="other"),
    ],
)
async def test_a_message_that_is_not_as_the_protocol_has_it_is_told(answer: liar.Answer) -> None:
    with liar.running_liar(answer) as url:
        outcome = await work(url, sessions=1, grace_s=0.1)
    assert outcome.broken[Guarantee.FORM] == 1


@pytest.mark.parametrize(
    ("ink", "answer"),
    [
        ('{"strokes": [[[1, 2], [3, 4]]]}', saying(probabilities=[1 / 3, 1 / 3, 1 / 3, *[0.0] * 7])),
        ('{"strokes": [[[1, 2], [3, 4]]]}', saying(verdict="not_a_digit", confidence=0.5)),
        ('{"strokes": [[]]}', saying(verdict="blank", **NONE)),
    ],
)
async def test_what_the_protocol_has_is_believed(tmp_path: Path, ink: str, answer: liar.Answer) -> None:
    file = tmp_path / "ink.json"
    file.write_text(ink)
    with liar.running_liar(answer) as url:
        outcome = await work(url, ink=file)
    assert not outcome.broken
    assert outcome.answered == outcome.sent > 2


@pytest.mark.parametrize(
    ("greeting", "configured", "broken"),
    [
        ([], [], {Guarantee.READY}),
        ([1012], [], {Guarantee.READY, Guarantee.OPEN}),
        ([{**READY, "protocol": 2}], [], {Guarantee.READY, Guarantee.FORM}),
        ([{**READY, "models": []}], [], {Guarantee.READY, Guarantee.FORM}),
        ([liar.GOODBYE, READY], [liar.CONFIGURED], {Guarantee.FORM}),
        ([READY], [], {Guarantee.READY}),
        ([READY], [{**liar.CONFIGURED, "model": "other"}], {Guarantee.READY, Guarantee.FORM}),
        ([READY], [liar.CONFIGURED], set()),
    ],
)
async def test_a_session_is_open_when_it_is_ready_and_as_it_asked(
    greeting: list[liar.Frame], configured: list[liar.Frame], broken: set[Guarantee]
) -> None:
    with liar.running_liar(liar.honest, lambda: greeting, configured) as url:
        outcome = await work(url, model="liar", opening_s=0.3)
    assert set(outcome.broken) == broken
    is_open = Guarantee.READY not in broken
    assert outcome.opened == (2 if is_open else 0)
    assert outcome.refused.total() == (0 if is_open else 2)
    assert (outcome.sent > 0) == is_open


def test_sessions_that_are_never_ready_are_told_and_no_success() -> None:
    greetings = [[], liar.GREETING]
    with liar.running_liar(liar.honest, greetings.pop) as url:
        report = load(url, opening_s=0.5)
    assert not report.is_kept
    told = text.describe(report)
    assert "opened 1   refused 1 (no ready: 1)" in told
    assert "BROKEN in 1 of 2 sessions: a session is told that it is ready" in told


def test_an_honest_stranger_is_believed() -> None:
    with liar.running_liar(liar.honest) as url:
        report = load(url, rate=50.0)
    assert report.is_kept
    assert report.outcome.sent == report.outcome.answered > 100
    assert report.jain
    assert report.jain > 0.95


def test_a_broken_promise_is_said_and_ends_the_command_with_1() -> None:
    with liar.running_liar(liar.falls_back) as url:
        found = run(url, "--sessions", "2", "--seconds", "1", "--ramp", "0", "--steps", "4")
    assert found.returncode == 1
    assert "BROKEN in 2 of 2 sessions: predictions carry rising seq" in found.stdout
    assert "kept: the last snapshot is always answered" in found.stdout


def test_a_server_that_answers_nothing_is_no_success() -> None:
    with liar.running_liar(lambda seq, _: [liar.error("overloaded", seq)]) as url:
        found = run(url, *FEW, "--rate", "5")
    assert found.returncode == 1
    assert "snapshots, got none" in found.stderr


def test_a_server_that_stalls_cannot_hide_it() -> None:
    """Only what waited is late if latency is counted from sending; from the due time, everything is."""

    def stalls_once(seq: int, rev: int) -> list[liar.Frame]:
        if seq == 20:
            threading.Event().wait(1)
        return liar.honest(seq, rev)

    with liar.running_liar(stalls_once) as url:
        report = load(url, sessions=1, rate=100.0, seconds=2)
    late = [percent for percent in (60, 70, 80, 90) if (report.latency.at(percent) or 0) > 100]
    assert late


def test_a_server_that_stops_answering_does_not_look_fast() -> None:
    with liar.running_liar(liar.falls_silent) as url:
        report = load(url, rate=50.0, grace_s=0.5)
    assert report.outcome.answered == 12
    assert report.outcome.unanswered == report.outcome.sent - 12 > 12
    assert (report.wait.at(50) or 0) >= 500, "who is never answered has waited to the end"
    told = text.describe(report)
    assert f"{report.outcome.unanswered:,} never were, and waited to the end" in told
    assert report.summary()["snapshots"]["unanswered"] == report.outcome.unanswered
