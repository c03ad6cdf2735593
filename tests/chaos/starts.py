"""Servers that can't start: what they say, and that nothing is left of them."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from live.settings import WEIGHTS
from tests.conftest import ROOT

_MAX_S = 30.0


class StartFault(NamedTuple):
    """What is wrong, and how it is made so: a context that yields the flags."""

    name: str
    prepare: Callable[[], AbstractContextManager[list[str]]]

    def run(self) -> bool:
        """Start a server, and print a line of what it says."""
        began = time.monotonic()
        with ExitStack() as stack:
            flags = stack.enter_context(self.prepare())
            command = [sys.executable, "-m", "live", "serve", "--port", "0", *flags]
            try:
                ended = subprocess.run(
                    command,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    cwd=ROOT,
                    timeout=_MAX_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                print(f"| {self.name} | **goes on serving nobody** |")
                return False
        said = [line for line in ended.stderr.splitlines() if not line.startswith("INFO")]
        is_fine = ended.returncode == 1 and len(said) == 1 and said[0].startswith("live-digits: Expected")
        print(
            f"| {self.name} | exit code {ended.returncode} after {time.monotonic() - began:.1f} s: "
            f"{said[-1] if said else 'not a word'}{'' if is_fine else ' **(wrong)**'} |",
            flush=True,
        )
        return is_fine


@contextmanager
def _weights(change: Callable[[Path], None]) -> Iterator[list[str]]:
    """Copy one model, and do something to it."""
    with tempfile.TemporaryDirectory() as folder:
        for path in WEIGHTS.glob("classic.*"):
            shutil.copy(path, folder)
        change(Path(folder))
        yield ["--weights", folder, "--workers", "1"]


@contextmanager
def _taken_port() -> Iterator[list[str]]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield ["--port", str(taken.getsockname()[1])]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


START_FAULTS = [
    StartFault("the port is taken", _taken_port),
    StartFault("no weights", lambda: _weights(lambda folder: (folder / "classic.tflite").unlink())),
    StartFault("weights cut off", lambda: _weights(lambda folder: _cut(folder / "classic.tflite"))),
    StartFault("a card that is cut off", lambda: _weights(lambda folder: _cut(folder / "classic.json"))),
    StartFault("no folder of weights", lambda: _weights(shutil.rmtree)),
]
