"""Watching a server from outside, while its processes come and go."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from live.load.watch import Watch, find_pid
from tests.conftest import running_server

_BUSY_CHILD = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint(flush=True); sys.stdin.read()"
_PARENT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {_BUSY_CHILD!r}])\nsys.stdin.read()"
_BRIEF_CHILD = "import time\nwhile time.process_time() < 0.3: pass"
_EMPLOYER = (
    "import subprocess, sys\n"
    f"for _ in sys.stdin: subprocess.run([sys.executable, '-c', {_BRIEF_CHILD!r}]); print(flush=True)"
)


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """A process whose child has worked, and waits."""
    command = [sys.executable, "-c", _PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_of_ours_is_found(workers: str) -> None:
    with running_server("--workers", workers) as server:
        assert find_pid(server.socket) == server.process.pid


def test_who_else_listens_is_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        assert find_pid(f"ws://127.0.0.1:{proxy.getsockname()[1]}/v1/live") is None


def test_what_a_child_used_stays_when_it_ends(parent: subprocess.Popen[bytes]) -> None:
    watch = Watch(parent.pid)
    before = watch.look()
    assert before.cpu_s > 0.2
    [child] = psutil.Process(parent.pid).children()
    child.kill()
    psutil.wait_procs([child], timeout=10)
    after = watch.look()
    assert after.cpu_s >= before.cpu_s
    assert 0 < after.rss_bytes < before.rss_bytes


def test_what_a_child_used_counts_once_when_it_ends(parent: subprocess.Popen[bytes]) -> None:
    watch = Watch(parent.pid)
    before = watch.look()
    [child] = psutil.Process(parent.pid).children()
    child.kill()
    psutil.wait_procs([child], timeout=10)
    assert watch.look().cpu_s - before.cpu_s < 0.2


@pytest.mark.skipif(sys.platform == "win32", reason="this platform does not add up what children used")
def test_children_that_come_and_go_between_two_looks_count() -> None:
    command = [sys.executable, "-c", _EMPLOYER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        watch = Watch(process.pid)
        before = watch.look()
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        used_s = watch.look().cpu_s - before.cpu_s
        process.kill()
    assert used_s > 0.25


def test_a_process_that_is_gone_has_no_figures(parent: subprocess.Popen[bytes]) -> None:
    watch = Watch(parent.pid)
    [child] = psutil.Process(parent.pid).children()
    child.kill()
    parent.kill()
    process = psutil.Process(parent.pid)
    while process.status() != psutil.STATUS_ZOMBIE:
        pass
    with pytest.raises(ProcessLookupError):
        watch.look()
    parent.wait()
    with pytest.raises(ProcessLookupError):
        watch.look()
