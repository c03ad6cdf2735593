"""Starting and stopping: what a user sees when it works, and when it can't."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from http import HTTPStatus
from pathlib import Path

import httpx
import psutil
import pytest
import websockets

from live import __version__
from live.settings import KNOBS, WEIGHTS
from tests.conftest import ROOT, RunningServer, running_server
from tests.live.pages import draw, encoded


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "live", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)


def test_help_names_every_setting() -> None:
    shown = run("serve", "--help").stdout
    for knob in KNOBS:
        assert f"--{knob.name.replace('_', '-')}" in shown


@pytest.mark.parametrize("command", ["serve", "predict", "draw", "load"])
def test_help_tells_each_default_once(command: str) -> None:
    shown = " ".join(run(command, "--help").stdout.split())
    assert "(default: " in shown
    assert not re.search(r"\(default: (None|False|\(\))?\)|\(default[^)]*\) \(default", shown)


def test_the_version_is_told() -> None:
    assert run("--version").stdout == f"live-digits {__version__}\n"


def test_a_port_that_is_taken_is_said_and_nothing_is_left_running() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run("serve", "--port", str(port))
    assert found.returncode == 1
    assert found.stderr == (
        f"live-digits: Expected to listen on 127.0.0.1 port {port}, but: address already in use\n"
    )


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (
            ["--weights", "nowhere"],
            "Expected a folder with cards (NAME.json) or a .keras or .h5 file, got nowhere",
        ),
        (["--model", "nobody"], "Expected one of the models classic"),
    ],
)
def test_weights_that_are_not_there_are_said(flags: list[str], reason: str) -> None:
    found = run("serve", "--port", "0", *flags)
    assert found.returncode == 1
    assert reason in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("name", ["classic.tflite", "classic.json"])
def test_a_server_that_can_not_load_its_models_does_not_say_where_it_is(tmp_path: Path, name: str) -> None:
    for path in WEIGHTS.glob("classic.*"):
        shutil.copy(path, tmp_path)
    (tmp_path / name).write_bytes(b"{}")
    found = run("serve", "--port", "0", "--workers", "1", "--weights", str(tmp_path))
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("live-digits: Expected ")


def test_a_wrong_flag_is_a_usage_error() -> None:
    assert run("serve", "--engine", "abacus").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_an_idle_server_with_exit_code_0(number: signal.Signals) -> None:
    with running_server() as server:
        assert server.stop(number) == 0


def test_what_nohup_has_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server = RunningServer()
    finally:
        signal.signal(signal.SIGHUP, before)
    server.process.send_signal(signal.SIGHUP)
    assert httpx.get(server.url + "healthz", timeout=60).status_code == HTTPStatus.OK
    assert server.stop() == 0
    assert server.process.stdout
    server.process.stdout.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_ends_with_its_terminal(workers: str) -> None:
    ours, theirs = os.openpty()
    program = """
import os, sys
os.setsid()
terminal = os.open(sys.argv[1], os.O_RDWR)
for stream in range(3):
    os.dup2(terminal, stream)
os.execv(sys.executable, [sys.executable, "-m", "live", "serve", "--port", "0", "--workers", sys.argv[2]])
"""
    command = [sys.executable, "-c", program, os.ttyname(theirs), workers]
    with subprocess.Popen(command, cwd=ROOT) as server:
        told = b""
        while b"Ctrl+C stops it" not in told:
            told += os.read(ours, 1024)
        os.close(theirs)
        os.close(ours)
        assert server.wait(timeout=30) == 0


def test_with_json_every_line_of_ours_is_json() -> None:
    words = ("serve", "--workers", "1", "--log-format", "json", "--port")
    command = [sys.executable, "-m", "live", *words, "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout
        told = json.loads(server.stdout.readline())["message"]
        assert told.startswith("Live Digits is on http")
        found = run(*words, re.findall(r":(\d+)", told)[0])
        server.terminate()
    assert (found.returncode, found.stdout) == (1, "")
    [line] = found.stderr.splitlines()
    assert json.loads(line)["message"].startswith("Expected to listen on")


async def test_a_second_signal_does_not_wait_for_sessions() -> None:
    with running_server("--drain-s", "600") as server:
        async with websockets.connect(server.socket) as stuck:
            await stuck.recv()
            stuck.transport.pause_reading()
            server.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0)
            server.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(server.process.wait, 30) == 0
            # It does not read, so it would wait for the server's goodbye until it gives up.
            stuck.transport.abort()


@pytest.mark.parametrize(("workers", "number"), [("1", signal.SIGHUP), ("2", signal.SIGTERM)])
async def test_a_signal_to_every_process_is_one(workers: str, number: signal.Signals) -> None:
    """As systemd and `timeout` send it: workers hear of it from their parent, too, and decoders need not."""
    page = encoded(draw("six"))
    head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: {len(page)}\r\n\r\n".encode()
    with running_server("--workers", workers, "--drain-s", "60") as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            # Every worker has a decoder then.
            await asyncio.gather(*(http.post("/v1/batch", content=page) for _ in range(8)))
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(head + page[:9])
        await asyncio.sleep(0.5)
        for process in psutil.Process(server.process.pid).children(recursive=True):
            process.send_signal(number)
        server.process.send_signal(number)
        await asyncio.sleep(4)
        writer.write(page[9:])
        assert b" 200 " in await reader.readline()
        await reader.readuntil(b'"digit":6')
        writer.close()
        assert await asyncio.to_thread(server.process.wait, 30) == 0


async def test_newcomers_are_told_that_the_server_stops() -> None:
    """Never 500: with 503 a client comes back, and a proxy asks the next server."""
    found: Counter[int] = Counter()

    async def newcomers(url: str, entered: asyncio.Semaphore) -> None:
        while True:
            try:
                async with websockets.connect(url) as one:
                    entered.release()
                    await one.wait_closed()
                    found[one.close_code or 0] += 1
            except websockets.InvalidStatus as refusal:
                found[refusal.response.status_code] += 1
            except ConnectionRefusedError:
                return
            except (OSError, websockets.InvalidMessage):
                # It came when nobody listened any more.
                continue

    for _ in range(3):
        entered = asyncio.Semaphore(0)
        with running_server() as server:
            crowd = [asyncio.create_task(newcomers(server.socket, entered)) for _ in range(8)]
            async with asyncio.timeout(60):
                for _ in crowd:
                    await entered.acquire()
            assert await asyncio.to_thread(server.stop) == 0
            await asyncio.gather(*crowd)
    assert found.keys() - {503} == {1012}


def test_serving_imports_no_tensorflow() -> None:
    check = (
        "import sys, live.server; from live.service import Service; from live.settings import Settings\n"
        "Service(Settings())._load()\n"
        "print([name for name in ('tensorflow', 'keras', 'jax', 'torch', 'PIL') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert found.stdout == "[]\n"


def test_the_installed_command_is_this_program() -> None:
    command = Path(sys.executable).parent / "live-digits"
    found = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert found.stdout == f"live-digits {__version__}\n"
