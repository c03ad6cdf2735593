"""What commands share that have a server at their other end, with one that asks for a token."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, RunningServer, running_server
from tests.live.drawings import DRAWINGS

TOKEN = "s3cret"


@pytest.fixture(scope="module")
def guarded() -> Iterator[RunningServer]:
    """Run a server that asks for a token."""
    with running_server("--token", TOKEN) as server:
        yield server


@pytest.fixture
def ink(tmp_path: Path) -> str:
    """Make an ink file of a three."""
    file = tmp_path / "three.json"
    file.write_text(json.dumps({"strokes": DRAWINGS["three"]}))
    return str(file)


def run(*arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "live", *arguments]
    environment = {**os.environ, "LIVE_DIGITS_TOKEN": token}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=100, cwd=ROOT, env=environment, check=False
    )


@pytest.mark.parametrize("is_flag", [True, False])
def test_predict_brings_a_token(guarded: RunningServer, ink: str, is_flag: bool) -> None:
    arguments = ["predict", "--json", "--server", guarded.url, ink]
    found = run(*arguments, "--token", TOKEN) if is_flag else run(*arguments, token=TOKEN)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["digit"] == 3


def test_load_brings_a_token_and_keeps_it_to_itself(guarded: RunningServer, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    few = ["--sessions", "2", "--seconds", "1", "--ramp", "0", "--json", str(report)]
    found = run("load", guarded.url, *few, token=TOKEN)
    assert found.returncode == 0, found.stderr
    assert TOKEN not in found.stdout + report.read_text()


def test_draw_brings_a_token(guarded: RunningServer) -> None:
    assert "Expected a terminal" in run("draw", guarded.url, token=TOKEN).stderr


@pytest.mark.parametrize("command", [["predict", "README.md", "--server"], ["draw"]])
def test_who_brings_none_is_told(guarded: RunningServer, command: list[str]) -> None:
    found = run(*command, guarded.url)
    assert found.returncode == 1
    assert "Expected a token that the server knows, got none" in found.stderr


@pytest.mark.parametrize("command", [["predict", "README.md", "--server"], ["draw"], ["load"]])
def test_a_model_that_the_server_has_not_is_said(guarded: RunningServer, command: list[str]) -> None:
    found = run(*command, guarded.url, "--model", "bogus", token=TOKEN)
    assert (found.returncode, found.stdout) == (1, "")
    assert "live-digits: Expected one of the models classic," in found.stderr
    assert found.stderr.endswith(", got bogus\n")


@pytest.mark.parametrize("command", ["predict", "draw", "load"])
def test_help_keeps_the_token_to_itself(command: str) -> None:
    found = run(command, "--help", token=TOKEN)
    assert "LIVE_DIGITS_TOKEN" in found.stdout
    assert TOKEN not in found.stdout
