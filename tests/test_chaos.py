"""What chaos relies on: who draws or does harm is missed when not there, and a broken promise is told."""

import http.server
import multiprocessing
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.chaos import acts, autobahn
from tests.chaos.crowd import Crowd, Habits, Phase, Seen
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.matrix import complain
from tests.conftest import RunningServer

SIGTERM, SIGKILL = FAULTS[:2]


class Teapot(http.server.BaseHTTPRequestHandler):
    """Answers whatever is posted with a status that nobody was promised."""

    def do_POST(self) -> None:
        """Hear it all, and refuse."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(418)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def teapot() -> Iterator[Any]:
    """A scene whose server answers everything with 418."""
    with (
        http.server.HTTPServer(("127.0.0.1", 0), Teapot) as server,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process,
    ):
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield SimpleNamespace(
            server=SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}/", process=process),
            process=SimpleNamespace(children=list),
        )
        server.shutdown()
        process.kill()


def test_a_crowd_that_has_died_is_missed_at_once(server: RunningServer) -> None:
    with Crowd(Habits(server.socket, sessions=1)) as crowd:
        crowd.look()
        [process] = multiprocessing.active_children()
        process.kill()
        process.join()
        with pytest.raises((ConnectionError, EOFError)):
            crowd.look()


def complaints(fault: Fault, seen: Seen, logged: str = "") -> list[str]:
    calm = Phase(sessions=50, answering=50)
    return complain(fault, calm, Phase(seen, sessions=50, answering=50), calm, logged)


def test_a_crowd_that_saw_what_was_promised_complains_of_nothing() -> None:
    assert complaints(SIGTERM, Seen(closes=Counter({1012: 50}))) == []
    assert complaints(SIGKILL, Seen(closes=Counter({1006: 50}), unanswered=3)) == []


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        (Seen(closes=Counter({1012: 50}), unanswered=2), "**2 snapshots lost**"),
        (Seen(closes=Counter({1012: 49, 1006: 1})), "**closed with {1006}**"),
        (Seen(), "**closed with none of {1012}**"),
        (Seen(closes=Counter({1012: 50}), errors=Counter(internal=1)), "**errors {'internal'}**"),
    ],
)
def test_what_a_stop_does_not_promise_is_complained_of(seen: Seen, complaint: str) -> None:
    assert complaints(SIGTERM, seen) == [complaint]


def test_a_fault_that_nobody_noticed_or_logged_is_complained_of() -> None:
    fault = next(fault for fault in FAULTS if fault.logs and fault.errors)
    assert len(complaints(fault, Seen())) == 2
    assert complaints(fault, Seen(errors=Counter(fault.errors)), logged=f"ERROR {fault.logs} …") == []


@pytest.mark.parametrize(
    ("act", "code", "is_kept"),
    [
        (acts.restart, 0, True),
        (acts.restart, 3, False),
        (acts.kill, -signal.SIGKILL, True),
        (acts.kill, 0, False),
    ],
)
def test_an_exit_code_that_was_not_promised_is_marked(act: acts.Act, code: int, is_kept: bool) -> None:
    scene: Any = SimpleNamespace(restart=lambda _: code)
    assert ("**" in act(scene)) is not is_kept


@pytest.mark.parametrize("act", [acts.fill_disk, acts.kill_decoder])
def test_a_status_that_was_not_promised_is_marked(act: Callable[[Any], str], teapot: Any) -> None:
    assert "**" in act(teapot)


def test_clients_must_be_closed_with_what_is_promised() -> None:
    assert acts.tell_closes({}, ()) == ""
    assert acts.tell_closes({1009: 4, 1006: 1}, (1009,)) == "closed with {1009: 4, 1006: 1}"
    for closes in ({}, {1006: 4}, {1009: 4, 1011: 1}):
        assert "**" in acts.tell_closes(closes, (1009,))


def index(cases: int = 247, **last: str) -> dict[str, dict[str, Any]]:
    """Make Autobahn's index of so many cases, the last of them otherwise than OK."""
    ok = {"behavior": "OK", "behaviorClose": "OK"}
    return {str(case): ok for case in range(1, cases)} | {"last": ok | last}


def test_autobahn_passes_when_every_case_did() -> None:
    assert autobahn.judge(index())
    assert autobahn.judge(index(behavior="NON-STRICT"))
    assert autobahn.judge(index(behavior="INFORMATIONAL", behaviorClose="INFORMATIONAL"))


@pytest.mark.parametrize(
    "found",
    [
        {},
        index(cases=246),
        index(behavior="FAILED"),
        index(behavior="UNIMPLEMENTED"),
        index(behaviorClose="FAILED"),
        index(behaviorClose="UNCLEAN"),
        index(behaviorClose="WRONG CODE"),
    ],
    ids=["none", "fewer", "failed", "unimplemented", "close failed", "close unclean", "wrong code"],
)
def test_autobahn_fails_when_a_case_is_missing_or_did_not_pass(found: dict[str, dict[str, Any]]) -> None:
    assert not autobahn.judge(found)
