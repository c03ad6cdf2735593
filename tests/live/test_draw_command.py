"""The command `draw`, in a terminal of its own and without one: how it begins and how it ends."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from tests.conftest import ROOT, RunningServer

MOUSE_ON, MOUSE_OFF = b"\x1b[?1000h", b"\x1b[?1000l"
TAKES_KEYS = b"\x1b[?1004h"
"""Written after the mouse's: until then Ctrl+C is the terminal's."""
OTHER_SCREEN, MAIN_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )


def run_in_terminal(
    program: str, *arguments: str, then: Callable[[subprocess.Popen[bytes], int], object] | None = None
) -> tuple[int, bytes]:
    """Run a program in a terminal of its own until it ends; return its exit code, and what it wrote.

    then: called with the program and the terminal when it takes keys.
    """
    ours, theirs = pty.openpty()
    written = b""
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT) as running:
        os.close(theirs)
        limit = threading.Timer(60, running.kill)
        limit.start()
        # A terminal that nobody has open any more is read with an error.
        with contextlib.suppress(OSError):
            while some := os.read(ours, 65_536):
                written += some
                if then and TAKES_KEYS in written:
                    then(running, ours)
                    then = None
        os.close(ours)
        limit.cancel()
        return running.wait(timeout=60), written


def test_a_program_that_breaks_ends_with_1(server: RunningServer) -> None:
    broken = (
        "import sys; import live.__main__ as m; from live.draw.sheet import Sheet; Sheet.render_line = None; "
        "sys.exit(m.main())"
    )
    assert run_in_terminal(broken, "draw", server.url)[0] == 1


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        (lambda _, terminal: os.write(terminal, b"\3"), 130),
        (lambda running, _: running.send_signal(signal.SIGINT), 130),
        (lambda running, _: running.send_signal(signal.SIGTERM), 143),
    ],
    ids=["Ctrl+C", "SIGINT", "SIGTERM"],
)
def test_who_stops_it_gets_the_terminal_back(
    server: RunningServer, stop: Callable[[subprocess.Popen[bytes], int], object], code: int
) -> None:
    program = "import sys; import live.__main__ as m; sys.exit(m.main())"
    ended, written = run_in_terminal(program, "draw", server.url, then=stop)
    assert ended == code
    assert written.rfind(MOUSE_OFF) > written.rfind(MOUSE_ON)
    assert written.rfind(MAIN_SCREEN) > written.rfind(OTHER_SCREEN) >= 0


def test_without_a_terminal_it_is_said(server: RunningServer) -> None:
    found = run("-m", "live", "draw", server.url)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == "live-digits: Expected a terminal to draw in, but stdin is none\n"


def test_without_the_extra_it_is_named() -> None:
    without = (
        "import sys; sys.modules['textual'] = None; import live.__main__ as m; sys.exit(m.main(['draw']))"
    )
    found = run("-c", without)
    assert (found.returncode, "pip install 'live-digits[draw]'" in found.stderr) == (1, True)
    assert "Traceback" not in found.stderr


def test_what_is_no_address_is_said() -> None:
    found = run("-m", "live", "draw", "http://[::1")
    assert (found.returncode, found.stderr.startswith("live-digits: Expected the URL of a server")) == (
        1,
        True,
    )


def test_without_a_server_it_is_said_before_anything_is_drawn() -> None:
    found = run("-m", "live", "draw", "http://127.0.0.1:1", "--timeout-s", "0.2")
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr == (
        "live-digits: Expected a server at http://127.0.0.1:1, but: "
        "none answered within 0.2 s: Connection refused\n"
    )
