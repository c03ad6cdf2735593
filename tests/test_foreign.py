"""Where Python has less than on Unix: one process serves, and is stopped like any other."""

import signal
import subprocess
import sys

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.conftest import ROOT, RunningServer


def test_one_process_serves_and_lets_its_sessions_go() -> None:
    server = RunningServer("--workers", "0", program="tests.foreign")
    try:
        with connect(server.socket) as socket:
            assert '"ready"' in str(socket.recv())
            socket.send('{"type":"ink","seq":0,"strokes":[[[20,10],[80,10],[45,90]]]}')
            assert '"digit":7' in str(socket.recv())
            server.process.send_signal(signal.SIGTERM)
            assert '"goaway"' in str(socket.recv())
            with pytest.raises(ConnectionClosed, match="1012"):
                socket.recv()
        assert server.process.wait(timeout=30) == 0
    finally:
        server.stop(signal.SIGKILL)
        assert server.process.stdout
        server.process.stdout.close()


def test_several_processes_are_refused() -> None:
    command = [sys.executable, "-m", "tests.foreign", "serve", "--port", "0", "--workers", "2"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    told = "live-digits: Expected --workers 1: on this platform one process serves, got 2\n"
    assert (found.returncode, found.stderr) == (1, told)
