"""A real Ray cluster of this machine alone, with the application on it: for tests and for the bench."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.conftest import ROOT

_PORTS = range(20_000, 30_000)
"""Below those that Linux and macOS give to who asks for any."""
_START_S = 300.0
_STOP_S = 90.0
"""It takes 34 s behind HAProxy; who is killed before leaves that one behind, with its ports."""

_UPDATE = """
import sys
import ray
from ray import serve
from live.cluster import app
ray.init("auto", logging_level="error")
serve.run(app(dict(flag.split("=") for flag in sys.argv[1:])), name="live-digits")
"""


class RunningCluster:
    """`live-digits cluster` in a process of its own, and Ray's processes below it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, environment: dict[str, str]) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}/"
        self.socket = f"ws://127.0.0.1:{port}/v1/live"
        self._environment = environment

    def replicas(self, kind: str = "servers") -> list[psutil.Process]:
        """Find the processes of a deployment, oldest first."""
        title = f"ServeReplica:live-digits:{kind}"
        children = psutil.Process(self.process.pid).children(recursive=True)
        found = []
        for child in children:
            # One that has just ended has no command line any more.
            with contextlib.suppress(psutil.Error):
                if title in " ".join(child.cmdline()):
                    found.append((child.create_time(), child.pid, child))
        return [child for _, _, child in sorted(found)]

    def update(self, **settings: str) -> None:
        """Deploy with other settings: every replica is replaced. Returns when all are new."""
        flags = [f"{name}={value}" for name, value in settings.items()]
        command = [sys.executable, "-c", _UPDATE, *flags]
        subprocess.run(command, cwd=ROOT, env=self._environment, check=True, capture_output=True, timeout=180)


@contextlib.contextmanager
def running_cluster(*flags: str, **environment: str) -> Iterator[RunningCluster]:
    """Run a cluster for a while; whatever happens, all its processes end."""
    port = _find_port()
    command = [sys.executable, "-m", "live", "cluster", "--port", str(port), *flags]
    # No report to Ray's makers, no dashboard, and the code of this folder in every process.
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environment = {**os.environ, **quiet, **environment}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT, cwd=ROOT, env=environment
            )
        family: set[psutil.Process] = set()
        try:
            _wait_for(log, process)
            yield RunningCluster(process, port, environment)
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                family = {*psutil.Process(process.pid).children(recursive=True)}
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_S)
            process.kill()
            process.wait()
            for left in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    left.kill()


def _find_port() -> int:
    """Find a free port that Ray's processes don't take for their own talk before the server has it."""
    for port in random.sample(_PORTS, len(_PORTS)):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("Expected a free port, found none")


def _wait_for(log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while not re.search(rb"Live Digits is on", log.read_bytes()):
        assert process.poll() is None, log.read_text()[-2_000:]
        assert time.monotonic() < until, log.read_text()[-2_000:]
        time.sleep(0.1)
