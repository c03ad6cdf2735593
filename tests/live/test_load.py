"""The load tester: what it measures of a real server, and that no lie gets past it."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from live.load import conductor, text
from live.load.books import Guarantee
from live.load.plan import Plan
from live.load.report import Report, Second
from live.load.watch import Watch
from tests.conftest import ROOT, RunningServer, running_server
from tests.live import liar

FEW = ["--sessions", "1", "--seconds", "1", "--ramp", "0"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "live", "load", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=ROOT, check=False)


def load(url: str, **changes: Any) -> Report:
    settings: dict[str, Any] = {
        "sessions": 2,
        "seconds": 1,
        "ramp_s": 0.0,
        "rate": 20.0,
        "steps": 4,
        **changes,
    }
    return conductor.run(Plan(url=url, **settings))


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
        found = run(url, "--sessions", "1", "--seconds", "1", "--ramp", "0", "--rate", "5")
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


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this platform knows no niceness")
@pytest.mark.parametrize(("flags", "niceness"), [((), 0), (("--niceness", "3"), 3)])
def test_a_server_on_the_same_machine_goes_first_only_if_asked_to(
    server: RunningServer, flags: tuple[str, ...], niceness: int
) -> None:
    command = [sys.executable, "-m", "live", "load", server.url, "--sessions", "1", *flags]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT) as load:
        assert load.stderr
        load.stderr.readline()
        nicest = min(psutil.Process().nice() + niceness, 19)
        found = {process.nice() for process in psutil.Process(load.pid).children(recursive=True)}
        load.send_signal(signal.SIGINT)
        load.communicate(timeout=60)
    assert nicest in found


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no full device")
def test_a_plan_that_cannot_be_written_is_said(server: RunningServer) -> None:
    command = [sys.executable, "-m", "live", "load", server.url, *FEW]
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    told = b"live-digits: Expected to write the plan, but: No space left on device\n"
    assert (found.returncode, found.stderr) == (1, told)


def test_who_reads_no_report_still_has_the_file(server: RunningServer, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    command = [sys.executable, "-m", "live", "load", server.url, *FEW, "--json", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as load:
        assert load.stdout
        assert load.stderr
        load.stdout.readline()
        load.stdout.close()
        told = load.stderr.read()
    assert load.returncode == 1
    assert b"Traceback" not in told
    assert b"Exception" not in told
    assert file.exists()


def test_a_port_where_nobody_listens_is_said() -> None:
    found = run("127.0.0.1:9", "--sessions", "3", "--seconds", "1", "--ramp", "0")
    assert found.returncode == 1
    assert (
        "Expected to open sessions at ws://127.0.0.1:9/v1/live, but: Connection refused (3)" in found.stderr
    )


def test_sessions_that_are_refused_are_counted(server: RunningServer) -> None:
    found = run(server.url + "v1/other", "--sessions", "2", "--seconds", "1", "--ramp", "0")
    assert found.returncode == 1
    assert "Expected to open sessions" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["ftp://here"], 1, "Expected the URL of a server"),
        (["here:abc"], 1, "Expected the URL of a server"),
        (
            ["here", "--ink", "nowhere.json"],
            1,
            "live-digits: Expected ink in nowhere.json, but: No such file or directory",
        ),
        (
            ["here", "--json", "no/a.json"],
            1,
            "live-digits: Expected to write no/a.json, but: No such file or directory",
        ),
        (
            ["here", "--json", "a", "--html", "./a"],
            1,
            "live-digits: Expected a file for each report, got a for",
        ),
        (["here", "--closed", "--pause", "1"], 1, "live-digits: Expected --pause without --closed"),
        (["here", "--html", "tests"], 1, "live-digits: Expected to write tests, but: Is a directory"),
        (["here", "--sessions", "0"], 2, "expected at least 1, got 0"),
        (["here", "--niceness", "20"], 2, "invalid choice: 20"),
        (["here", "--pid", "999999999"], 1, "Expected a process 999999999 to watch"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], code: int, reason: str) -> None:
    found = run(*arguments)
    assert found.returncode == code
    assert reason in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this platform has no such file")
def test_a_report_on_standard_output_is_alone_there(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text("before\n")
    with liar.running_liar(liar.honest) as url, output.open("a") as stdout:
        command = [sys.executable, "-m", "live", "load", url, *FEW, "--json", "/dev/stdout"]
        found = subprocess.run(
            command, stdout=stdout, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=True
        )
    before, report = output.read_text().split("\n", 1)
    assert before == "before"
    assert json.loads(report)["sessions"]["opened"] == 1
    assert "1 sessions at 30 snapshots" in found.stderr
    assert "kept: the last snapshot is always answered" in found.stderr


def test_ink_that_cannot_be_sent_is_said(tmp_path: Path) -> None:
    ink = tmp_path / "ink.json"
    ink.write_text('{"strokes": [[[1, 2], [3]]]}')
    found = run("here", "--ink", str(ink))
    told = f"live-digits: Expected points of two numbers or more, in {ink}\n"
    assert (found.returncode, found.stderr) == (1, told)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no full device")
def test_a_report_that_cannot_be_written_costs_no_other(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    with liar.running_liar(liar.honest) as url:
        few = ["--sessions", "1", "--seconds", "1", "--ramp", "0"]
        found = run(url, *few, "--json", "/dev/full", "--html", str(page))
    assert found.returncode == 1
    assert found.stderr.endswith("Expected to write /dev/full, but: No space left on device\n")
    assert "</html>" in page.read_text()


def test_a_missing_extra_is_named() -> None:
    check = (
        "import sys; sys.modules['picows'] = None\n"
        "from live.__main__ import main; sys.exit(main(['load', '127.0.0.1:9']))"
    )
    found = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert found.returncode == 1
    assert "pip install 'live-digits[load]'" in found.stderr
