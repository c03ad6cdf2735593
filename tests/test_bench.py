"""The bench measures what it says, in a few seconds instead of minutes."""

import pytest

from live.ink_file import EXAMPLES
from tests.bench.anatomy import dissect
from tests.bench.bench import Bench
from tests.bench.echo import running_echo
from tests.bench.model import run_alone
from tests.bench.table import Table, latency, ms
from tests.bench.upload import Upload


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
