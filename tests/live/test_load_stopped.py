"""The load tester, ended before its time: who stops it has the report of what was measured till then."""

import json
import os
import signal
import socket as sockets
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from live.load import conductor
from live.load.plan import Plan
from live.load.report import Second
from tests.conftest import ROOT, RunningServer
from tests.live import liar
from tests.live.loads import FEW


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_stops_it_still_gets_the_report(server: RunningServer, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "live", "load", server.url, "--sessions", "2", "--seconds", "600"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as load:
        assert load.stderr
        assert load.stdout
        load.stderr.readline()
        load.send_signal(number)
        told, _ = load.communicate(timeout=60)
    assert load.returncode == 0
    assert "stopped       after" in told
    assert "kept: the last snapshot is always answered" in told


def test_who_stops_it_is_told_what_it_still_waits_for() -> None:
    with liar.running_liar(liar.falls_silent) as url:
        command = [sys.executable, "-m", "live", "load", url, "--sessions", "2", "--seconds", "600"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        ) as load:
            assert load.stderr
            load.stderr.readline()
            load.send_signal(signal.SIGINT)
            told = next(line for line in load.stderr if " of 600 s " not in line)
            assert told == "stopping: waiting up to 10 s for last answers; Ctrl+C ends that, too\n"
            load.send_signal(signal.SIGINT)
            report, _ = load.communicate(timeout=60)
    assert load.returncode == 0
    assert "stopped       after" in report


def test_who_does_not_wait_for_last_answers_gets_the_report_without() -> None:
    with liar.running_liar(liar.falls_silent) as url:
        command = [sys.executable, "-m", "live", "load", url, "--sessions", "2", *FEW[2:], "--steps", "4"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        ) as load:
            assert load.stderr
            load.stderr.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                load.wait(0.5)  # All is measured, and the last answers do not come.
            load.send_signal(signal.SIGINT)
            told, _ = load.communicate(timeout=60)
    assert load.returncode == 0
    assert "stopped       while last answers were awaited" in told
    assert "never were, and waited to the end" in told
    assert "kept: the last snapshot is always answered" in told


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this platform kills otherwise")
@pytest.mark.parametrize("ramp", ["0", "120"])
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_nobody_draws_on_once_it_is_ended(number: str, ramp: str) -> None:
    is_drawing = threading.Event()

    def notice(seq: int, rev: int) -> list[liar.Frame]:
        is_drawing.set()
        return liar.honest(seq, rev)

    with liar.running_liar(notice) as url:
        command = [sys.executable, "-m", "live", "load", url, "--processes", "2", "--ramp", ramp]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT
        ) as load:
            assert is_drawing.wait(60)
            workers = psutil.Process(load.pid).children(recursive=True)
            load.send_signal(signal.Signals[number])
            _, told = load.communicate(timeout=60)
    assert (load.returncode, told) == (-9 if number == "SIGKILL" else 130, "")
    assert psutil.wait_procs(workers, timeout=30)[1] == []


@pytest.mark.parametrize("killed", [1, 2])
def test_a_process_of_its_own_that_dies_costs_no_other_its_report(killed: int, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    with liar.running_liar(liar.honest) as url:
        command = [sys.executable, "-m", "live", "load", url, "--sessions", "2", "--processes", "2"]
        flags = ["--seconds", "2", "--ramp", "0", "--json", str(file)]
        with subprocess.Popen(
            [*command, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        ) as load:
            assert load.stderr
            load.stderr.readline()
            children = psutil.Process(load.pid).children()
            workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
            for worker in workers[:killed]:
                worker.kill()
            told, faults = load.communicate(timeout=60)
    assert load.returncode == 1
    if killed == 1:
        assert "TESTER LOST   1 of 2 processes" in told
        report = json.loads(file.read_text())
        assert report["tester"]["lost_processes"] == 1
        assert report["sessions"]["opened"] == 1
        assert report["seconds"][1]["answered"] > 0
        assert report["broken_guarantees"] == {}
    else:
        assert faults.endswith(
            "Expected the processes of the tester to keep up, but they have died or hang\n"
        )


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this platform stops no process")
def test_a_process_of_its_own_that_hangs_costs_no_other_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor, "_MAX_SILENCE_S", 1.0)
    hung: list[psutil.Process] = []

    def hang(_: Second) -> None:
        if not hung:
            children = psutil.Process().children()
            hung.append(next(child for child in children if "spawn_main" in " ".join(child.cmdline())))
            hung[0].suspend()

    with liar.running_liar(liar.honest) as url:
        plan = Plan(url=url, sessions=2, processes=2, seconds=4, ramp_s=0.0)
        report = conductor.run(plan, progress=hang)
    assert report.lost_workers == 1
    assert report.outcome.opened == 1
    assert report.seconds[-1].answered > 0
    assert not report.outcome.broken
    assert not hung[0].is_running()


def test_who_stops_it_before_it_measures_is_told_nothing() -> None:
    # Connects, and never hears more.
    with sockets.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "live", "load", url, "--sessions", "2", "--processes", "2"]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        ) as load:
            assert load.stdout
            load.stdout.readline()
            os.killpg(load.pid, signal.SIGINT)
            _, told = load.communicate(timeout=60)
    assert (load.returncode, told) == (130, "")
