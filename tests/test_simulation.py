"""The simulation behind the capacity figures, where its answers are known."""

from dataclasses import replace

import pytest

from tests.bench.simulation import Costs, Crowd, play

COSTS = Costs(take=50e-6, prepare=50e-6, model=200e-6, give=50e-6)


def test_one_core_is_kept_busy_and_no_more() -> None:
    played = play(COSTS, Crowd(sessions=64, is_closed=True), processes=1, cores=1, seconds=0.3)
    assert played.answers_per_s == pytest.approx(1 / 350e-6, rel=0.05)


def test_the_model_runs_beside_the_interpreter_and_then_bounds_the_rate() -> None:
    played = play(COSTS, Crowd(sessions=256, is_closed=True), processes=1, cores=2, seconds=0.6)
    assert 1 / 350e-6 * 1.1 < played.answers_per_s < 1 / 200e-6


def test_two_processes_fill_two_cores() -> None:
    played = play(COSTS, Crowd(sessions=64, is_closed=True), processes=2, cores=2, seconds=0.3)
    assert played.answers_per_s == pytest.approx(2 / 350e-6, rel=0.05)


def test_a_part_of_a_core_is_a_slower_one() -> None:
    crowd = Crowd(sessions=64, is_closed=True)
    played = play(COSTS, crowd, processes=2, cores=0.5, seconds=0.6)
    assert played.answers_per_s == pytest.approx(0.5 / 350e-6, rel=0.05)


def test_an_answer_has_come_when_the_tester_has_read_it() -> None:
    slow = replace(COSTS, ask=1e-3)
    played = play(slow, Crowd(sessions=64, is_closed=True), processes=1, cores=2, seconds=0.6)
    assert played.answers_per_s == pytest.approx(1000, rel=0.05)
    assert played.at_ms(50) == pytest.approx(64, rel=0.05)


def test_who_can_be_borne_is_answered_and_who_can_not_is_superseded() -> None:
    calm = play(COSTS, Crowd(sessions=20, every_s=1), processes=1, cores=1, seconds=1.0)
    assert calm.answered == pytest.approx(calm.sent, rel=0.02)
    assert calm.at_ms(99) < 10
    flood = play(COSTS, Crowd(sessions=400, every_s=1), processes=1, cores=1, seconds=0.5)
    assert flood.answered < 0.6 * flood.sent
