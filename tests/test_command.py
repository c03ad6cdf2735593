"""How the commands of the bench and of chaos end."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from live.ink_file import EXAMPLES
from tests.bench.bench import Bench
from tests.chaos.scene import numbers
from tests.conftest import ROOT


def servers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Wait for the servers that a command starts, and find their processes."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        # Some that it starts are gone before they are looked at.
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(process.pid).children(recursive=True)
            if found := [child for child in children if "serve" in child.cmdline()]:
                return found
        time.sleep(0.02)
    raise AssertionError("Expected a server within a minute, found none")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("words", [["tests.bench", "--quick", "latency"], ["tests.chaos", "fuzz"]])
def test_a_command_that_is_stopped_takes_its_servers_with_it(
    words: list[str], number: signal.Signals
) -> None:
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        left = servers(process)
        process.send_signal(number)
        assert "Traceback" not in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert not psutil.wait_procs(left, timeout=30)[1]


def test_a_measurement_that_is_stopped_counts_for_nothing() -> None:
    bench = Bench("classic", EXAMPLES, seconds=60, is_quick=True)
    with bench.target() as target:

        def stop() -> None:
            # As many are not sent before something is measured.
            while numbers(target.server.url)["live_digits_snapshots_total"] < 30_000:
                time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=stop).start()
        with pytest.raises(KeyboardInterrupt):
            bench.load(target, sessions=16)


@pytest.mark.parametrize(
    "words",
    [
        ["tests.bench", "--ink", "nowhere.json", "start"],
        ["tests.bench", "--unipen", "nowhere", "start"],
        ["tests.bench.pens", "--unipen", "nowhere"],
        ["tests.bench.pens", "--unipen", "somewhere", "--model", "nowhere"],
        ["tests.bench.pages", "--unipen", "somewhere", "--models", "classic,nowhere"],
        ["tests.chaos", "autobahn", "--wstest", "nowhere"],
        ["tests.chaos", "matrix", "--only", "nowhere"],
        ["tests.chaos", "soak", "--plot", "nowhere/soak.svg"],
    ],
)
def test_what_is_not_there_is_told(words: list[str]) -> None:
    command = [sys.executable, "-m", *words]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    assert found.returncode == 1
    assert "nowhere" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("program", ["tests.bench", "tests.bench.cluster"])
def test_a_part_that_there_is_not_is_wrong_usage(program: str) -> None:
    command = [sys.executable, "-m", program, "nowhere"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    assert found.returncode == 2
    assert found.stderr.endswith("got 'nowhere'\n")
