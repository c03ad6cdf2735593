"""The load tester: what it measures of a real server."""

import json
from pathlib import Path
from typing import Any

import pytest

from live.load import conductor, text
from live.load.plan import Plan
from live.load.report import Second
from live.load.watch import Watch
from tests.conftest import RunningServer, running_server
from tests.live.loads import load, run


@pytest.mark.parametrize(
    "flags",
    [
        ["--rate", "20"],
        ["--closed"],
        ["--closed", "--json-ink", "--model", "classic"],
        ["--rate", "20", "--steps", "1", "--pause", "0.1", "--processes", "2"],
    ],
)
def test_a_real_server_keeps_its_word(server: RunningServer, tmp_path: Path, flags: list[str]) -> None:
    file = tmp_path / "report.json"
    page = tmp_path / "report.html"
    common = ["--sessions", "8", "--seconds", "1", "--ramp", "0.1", "--json", str(file), "--html", str(page)]
    found = run(server.url, *flags, *common)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "BROKEN" not in found.stdout
    report = json.loads(file.read_text())
    snapshots = report["snapshots"]
    assert report["sessions"]["opened"] == 8
    assert snapshots["sent"] == snapshots["answered"] + snapshots["dropped"] > 8
    assert report["broken_guarantees"] == {}
    assert report["latency_ms"]["p50"] <= report["latency_ms"]["p99"] <= report["latency_ms"]["max"]
    assert report["finished_drawings"]["right"] >= 0.9 * report["finished_drawings"]["judged"] > 0
    assert 0 < report["jain"] <= 1
    assert report["server"]["pid"] == server.process.pid
    assert f"{report['server']['program']}, process {server.process.pid}: " in found.stdout
    assert report["server"]["rss_bytes"]["max"] > 0
    assert 1 <= report["server"]["batch"] <= 8
    assert [second["at"] for second in report["seconds"]] == [1]
    assert page.read_text().count("<svg") == 6


def test_who_is_due_before_those_who_came_first_draws_in_time(server: RunningServer) -> None:
    rare = load(server.socket, sessions=200, steps=1, pause_s=20.0, ramp_s=0.2, seconds=2)
    assert rare.outcome.opened == 200
    assert 1 <= sum(rare.outcome.answers_a_session) <= 60


@pytest.mark.parametrize(
    ("flags", "changes", "code"),
    [
        (["--max-snapshots-per-s", "50"], {"rate": 1000.0, "steps": 1}, "1008"),
        (["--idle-s", "0.3"], {"steps": 1, "pause_s": 60.0}, "1001"),
    ],
)
def test_a_lawful_close_breaks_no_promise(flags: list[str], changes: dict[str, Any], code: str) -> None:
    with running_server(*flags) as server:
        report = load(server.socket, seconds=2, **changes)
    assert report.outcome.closed == {code: 2}
    assert report.is_kept, report.outcome.broken
    assert ("TOO FAST" in text.describe(report)) == (code == "1008")


def test_a_server_that_dies_costs_nothing_more() -> None:
    with running_server() as server:
        plan = Plan(url=server.socket, sessions=2, seconds=3, ramp_s=0.0)

        def kill(second: Second) -> None:
            if second.at == 1:
                server.process.kill()

        report = conductor.run(plan, Watch(server.process.pid), kill)
    known, *gone = [second.cpu_s for second in report.seconds]
    assert known is not None
    assert known >= 0
    assert gone == [None, None]
    assert (report.cpu_us_per_answer or 0) > 0
    assert "; gone after 1 s\n" in text.describe(report)
