"""The command `load`: what it says of what can't be done, and where its reports go."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

import psutil
import pytest

from tests.conftest import ROOT, RunningServer
from tests.live import liar
from tests.live.loads import FEW, run


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
    ("answer", "reason"),
    [
        (b"", "hung up (3)"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgr", "hung up (3)"),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n", "301 (3)"),
    ],
)
def test_servers_that_hang_up_or_send_elsewhere_are_said(answer: bytes, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_all() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(answer)

        Thread(target=answer_all, daemon=True).start()
        port = listener.getsockname()[1]
        found = run(f"ws://127.0.0.1:{port}/v1/live", "--sessions", "3", "--seconds", "1", "--ramp", "0")
        listener.shutdown(socket.SHUT_RDWR)
    assert found.returncode == 1
    assert found.stderr.rstrip().endswith(reason)


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
        (["here", "--steps", "2000000"], 2, "expected at most 1000, got 2000000"),
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


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="this platform does not list open files")
def test_ink_may_come_from_a_pipe() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b'{"strokes": [[[1, 2], [3, 4]]]}')
    os.close(theirs)
    with liar.running_liar(liar.honest) as url:
        command = [sys.executable, "-m", "live", "load", url, *FEW, "--ink", f"/dev/fd/{ours}"]
        found = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, check=False, pass_fds=[ours], timeout=60
        )
    os.close(ours)
    assert found.returncode == 0, found.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no full device")
def test_a_report_that_cannot_be_written_costs_no_other(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    with liar.running_liar(liar.honest) as url:
        found = run(url, *FEW, "--json", "/dev/full", "--html", str(page))
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
