"""What commands share that have a server at their other end, with one that asks for a token."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from live.predict import post
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


def test_a_token_is_not_for_whoever_a_server_points_to() -> None:
    heard: list[str | None] = []

    class Pointing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.headers["Authorization"])
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", f"http://localhost:{other.server_port}/")
            self.end_headers()

        def do_GET(self) -> None:
            heard.append(self.headers["Authorization"])
            self.send_error(HTTPStatus.NOT_FOUND)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Pointing) as one,
        ThreadingHTTPServer(("127.0.0.1", 0), Pointing) as other,
    ):
        for site in (one, other):
            threading.Thread(target=site.serve_forever).start()
        asked: dict[str, Any] = {"model": None, "include": [], "token": TOKEN, "timeout_s": 30}
        assert post.send(f"http://127.0.0.1:{one.server_port}", b"-", **asked) is None
        for site in (one, other):
            site.shutdown()
    assert heard == [f"Bearer {TOKEN}", None]


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
