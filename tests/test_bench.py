"""The bench measures what it says, in a few seconds instead of minutes."""

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from live.ink_file import EXAMPLES
from live.load.plan import Plan
from live.load.report import Report
from live.load.tally import Outcome, Tally
from tests.bench.anatomy import dissect
from tests.bench.bench import Bench, check
from tests.bench.echo import running_echo
from tests.bench.model import run_alone
from tests.bench.start import await_answer
from tests.bench.table import Table, latency, ms
from tests.bench.upload import Upload
from tests.bench.workers import renew


@pytest.fixture
def bench() -> Bench:
    return Bench("classic", EXAMPLES, seconds=1, is_quick=True)


def test_the_floor_is_an_echo_and_the_model(bench: Bench) -> None:
    with running_echo() as echo:
        echoed = echo.drive(bench.frames, 4, 0.5)
    assert echoed.messages_per_s > 100
    assert echoed.cpu_us > 0
    assert echoed.round_trip_ms > 0
    modelled = run_alone("classic", bench.images(8), 0.1)
    assert modelled.cpu_us > 0


def test_every_step_of_an_answer_takes_some_time(bench: Bench) -> None:
    steps = dissect("classic", bench.frames, 8, 0.1)
    assert list(steps) == ["parse", "render", "model", "judge", "encode"]
    assert min(steps.values()) > 0


def test_a_server_is_loaded_and_watched(bench: Bench) -> None:
    with bench.target() as target:
        report = bench.load(target, sessions=4)
    assert report.cpu_us_per_answer
    assert report.answers_per_s > 10
    assert min(report.rss_bytes) > 10_000_000


def report(right: int = 100, **outcome: Counter[str]) -> Report:
    found = Report(Plan(url="ws://nowhere"))
    found.add_tail(Tally(judged=100, right=right))
    found.add_outcome(Outcome(**outcome))  # type: ignore[arg-type]
    return found


def test_numbers_count_where_everyone_was_served_and_right() -> None:
    check(report())
    check(report(right=90))


@pytest.mark.parametrize(
    "wrong",
    [
        report(right=89),
        report(errors=Counter(internal=1)),
        report(refused=Counter({"503": 216})),
        report(closed=Counter({"1013": 1})),
    ],
    ids=["wrong", "errors", "refused", "closed"],
)
def test_numbers_of_a_server_that_does_not_serve_count_for_nothing(wrong: Report) -> None:
    with pytest.raises(AssertionError, match="Expected"):
        check(wrong)


def test_an_ordeal_may_have_some_refused_but_none_answered_wrong() -> None:
    check(report(refused=Counter({"503": 1}), closed=Counter({"1008": 1})), is_ordeal=True)
    with pytest.raises(AssertionError, match="drawn"):
        check(report(right=10), is_ordeal=True)


def heard(*types: str) -> Any:
    """A socket on which so many messages come, and then none."""
    messages = iter(types)

    def recv(_: float) -> str:
        for kind in messages:
            return json.dumps({"type": kind})
        raise TimeoutError

    return SimpleNamespace(recv=recv)


def test_a_start_ends_with_a_prediction_and_nothing_else() -> None:
    await_answer(heard("ready", "prediction"))
    for types in (("ready", "error"), ("ready",), ("prediction", "prediction")):
        with pytest.raises(AssertionError, match="Expected"):
            await_answer(heard(*types))


def test_workers_that_are_not_renewed_are_not_waited_for_for_ever() -> None:
    process = SimpleNamespace(send_signal=lambda _: None)
    server: Any = SimpleNamespace(worker_pids=lambda: {1, 2}, process=process)
    with pytest.raises(AssertionError, match="2 are still there"):
        renew(server, patience_s=0.0)


def test_an_upload_that_fails_says_why() -> None:
    with Upload("http://127.0.0.1:1/", b"") as upload:
        assert upload.has_begun.wait(30)
    assert upload.answered == 0
    assert "refused" in upload.fault


def test_the_table_knows_what_was_missed(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table()
    table.head("Speed")
    table.add("slow", ms(123.4), "≤ 100 ms", False)
    table.add("fast", latency({"p50": 1.234, "p99": None}))
    assert [line.what for line in table.missed] == ["slow"]
    printed = capsys.readouterr().out
    assert "| slow | 123 ms | ≤ 100 ms | **missed** |" in printed
    assert "| fast | p50 1.23 ms, p99 - |  |  |" in printed
