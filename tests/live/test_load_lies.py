"""The load tester and servers that lie, stall or fall silent: nothing gets past it."""

import threading
from typing import Any

import pytest

from live.load import text
from live.load.books import Guarantee
from tests.live import liar
from tests.live.loads import FEW, load, run

LIES = [
    (liar.drops_without_counting, {Guarantee.BALANCE}),
    (liar.counts_too_many, {Guarantee.BALANCE}),
    (liar.falls_back, {Guarantee.RISING}),
    (liar.answers_the_unsent, {Guarantee.RISING, Guarantee.LAST_ANSWERED}),
    (liar.mixes_up_drawings, {Guarantee.RISING}),
    (liar.falls_silent, {Guarantee.LAST_ANSWERED}),
    (liar.hangs_up, {Guarantee.OPEN, Guarantee.LAST_ANSWERED}),
    (liar.babbles, {Guarantee.FORM}),
]


@pytest.mark.parametrize(("lie", "broken"), LIES, ids=[lie.__name__ for lie, _ in LIES])
def test_a_server_that_lies_is_found_out(lie: liar.Answer, broken: set[Guarantee]) -> None:
    with liar.running_liar(lie) as url:
        report = load(url, grace_s=0.3)
    assert broken <= set(report.outcome.broken)
    assert set(report.outcome.broken.values()) == {2}
    assert not report.is_kept


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
    with liar.running_liar(lambda _, __: [{"type": "error", "code": "overloaded"}]) as url:
        found = run(url, *FEW, "--rate", "5")
    assert found.returncode == 1
    assert "snapshots, got none" in found.stderr


def test_a_server_that_stalls_cannot_hide_it() -> None:
    """Only what waited is late if latency is counted from sending; from the due time, everything is."""

    def stalls_once(seq: int, rev: int) -> list[dict[str, Any]]:
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
