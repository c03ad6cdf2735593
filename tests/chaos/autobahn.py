"""Runs the Autobahn test suite against our websocket, under a server that says back what it hears.

    python -m tests.chaos autobahn --wstest "PYTHON2 WSTEST"

The suite is a program for Python 2.7 (`pip install autobahntestsuite`); its cases want an echo, so the
protocol is run as the server runs it, but under an application of three lines.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from live.errors import StartError
from live.server import configure
from live.service import Service
from live.settings import Settings

_TOO_LONG = ["9.*"]
"""Of speed, with messages of 16 MB and as many parts as we take frames a minute."""
_COMPRESSED = ["12.*", "13.*"]
"""We offer no compression."""
_CASES = 247
"""All others; fewer, and something was not tried."""
_ACCEPTABLE = {"OK", "NON-STRICT", "INFORMATIONAL"}
"""Ways to behave; a connection must be closed in the first or the last."""


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})


def run(wstest: str) -> bool:
    """Run the cases, and print what was not simply OK; return whether every one passed.

    Raises StartError when the suite can't be run.
    """
    with tempfile.TemporaryDirectory() as folder, _serving() as port:
        specification = {
            "outdir": folder,
            "servers": [{"agent": "ours", "url": f"ws://127.0.0.1:{port}"}],
            "cases": ["*"],
            "exclude-cases": _TOO_LONG + _COMPRESSED,
        }
        Path(folder, "specification.json").write_text(json.dumps(specification))
        command = [*wstest.split(), "-m", "fuzzingclient", "-s", f"{folder}/specification.json"]
        try:
            subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=600)
        except OSError as error:
            raise StartError(f"Expected {command[0]!r} to run, but: {error.strerror}; see --wstest") from None
        except subprocess.CalledProcessError as error:
            raise StartError(f"Expected {wstest} to run, but: {error.stderr.decode()}") from None
        found = json.loads(Path(folder, "index.json").read_text())["ours"]
    return judge(found)


def judge(found: dict[str, dict[str, Any]]) -> bool:
    """Print what was not simply OK; return whether every case was tried, and passed to the close."""
    for case, result in found.items():
        if (result["behavior"], result["behaviorClose"]) != ("OK", "OK"):
            print(f"| {case} | {result['behavior']} | closed: {result['behaviorClose']} |")
    told = Counter(result["behavior"] for result in found.values())
    closes = {result["behaviorClose"] for result in found.values()}
    print(f"{len(found)} cases: {', '.join(f'{n} {name}' for name, n in told.most_common())}")
    if len(found) < _CASES:
        print(f"Expected {_CASES} cases")
    return len(found) >= _CASES and set(told) <= _ACCEPTABLE and closes <= _ACCEPTABLE - {"NON-STRICT"}


@contextlib.contextmanager
def _serving() -> Iterator[int]:
    """Serve the echo for a while → its port."""
    settings = Settings()
    ours = configure(settings, Service(settings))
    config = uvicorn.Config(
        _echo,
        http=ours.http,
        ws=ours.ws,
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="critical",
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=asyncio.run, args=(server.serve([listener]),))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
