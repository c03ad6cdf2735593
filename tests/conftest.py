"""What several rooms' tests share: a real server with the real weights, and the data if it is there."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import psutil
import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
IS_CI = bool(os.environ.get("CI"))


def pytest_configure() -> None:
    """Have SIGINT work in what the tests start: a shell's background jobs, CI's say, have it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """Hands a file's tests to one worker, and all that need TensorFlow to one: to import it takes longer.

    Not by the groups of xdist 3.8, which are without effect with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "tests/trainer" if file.startswith("tests/trainer/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Have tests handed out by file."""
    return ByFile(config, log)


class RunningServer:
    """`live-digits serve` in a process of its own, on a free port unless told otherwise."""

    def __init__(
        self, *flags: str, port: int = 0, errors: IO[bytes] | int | None = None, program: str = "live"
    ) -> None:
        workers = () if "--workers" in flags else ("--workers", "1")
        command = [sys.executable, "-m", program, "serve", "--port", str(port), *workers, *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT)
        assert self.process.stdout
        try:
            line = self.process.stdout.readline()
            found = re.search(r"(https?)://(.+):(\d+)", line)
            assert found, f"Expected the server to say where it is, got {line!r}"
        except BaseException:
            self.stop(signal.SIGKILL)
            raise
        self.scheme, self.host, self.port = found[1], found[2], int(found[3])

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"{self.scheme}://{self.host}:{self.port}/"

    @property
    def socket(self) -> str:
        """Where the websocket is."""
        return f"ws://{self.host}:{self.port}/v1/live"

    def worker_pids(self) -> set[int]:
        """Find the workers' processes: beside them there is Python's own resource tracker."""
        found = set()
        for child in psutil.Process(self.process.pid).children():
            # One that has just ended has no command line any more.
            with contextlib.suppress(psutil.Error):
                if "spawn_main" in " ".join(child.cmdline()):
                    found.add(child.pid)
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def running_server(
    *flags: str, port: int = 0, errors: IO[bytes] | int | None = None
) -> Iterator[RunningServer]:
    """Run a server for a while, its standard error into a file if there is one; whatever happens, it ends."""
    server = RunningServer(*flags, port=port, errors=errors)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop(signal.SIGKILL)
        assert server.process.stdout
        server.process.stdout.close()


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """One server for all tests that leave it as it was."""
    with running_server() as running:
        yield running


def require(program: str | None, what: str) -> str:
    """Return a program's path; without it, skip on a user's machine and fail in CI."""
    if program:
        return program
    if IS_CI:
        pytest.fail(f"Expected {what} in CI, found none")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node.js."""
    return require(shutil.which("node"), "Node.js")
