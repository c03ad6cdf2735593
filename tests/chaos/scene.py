"""Where a fault happens: a server with a log, that can be ended and begun again on its port."""

import os
import re
import signal
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.conftest import RunningServer

_POLL_S = 0.02
_PATIENCE_S = 60.0
_THREADS = 4
"""A server has so many predict threads end within a minute before it does."""


def numbers(url: str) -> dict[str, float]:
    """Read what a server measures: Prometheus' lines, by name and labels."""
    with urllib.request.urlopen(f"{url}metrics", timeout=30) as response:
        text = response.read().decode()
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.MULTILINE)}


def quantile_ms(before: dict[str, float], after: dict[str, float], name: str, part: float) -> float:
    """Estimate a quantile of what was measured in between, from a histogram of seconds; 0 if nothing was.

    As Prometheus' `histogram_quantile` does it: on a straight line between two bounds.
    """
    bounds = [(float(bound), f'{name}_bucket{{le="{bound}"}}') for bound in _bounds(after, name)]
    counts = [after[key] - before.get(key, 0.0) for _, key in bounds]
    wanted = part * counts[-1] if counts else 0.0
    low, below = 0.0, 0.0
    for (bound, _), count in zip(bounds, counts, strict=True):
        if 0 < wanted <= count:
            rise = (wanted - below) / (count - below)
            return 1e3 * (low + rise * (bound - low) if bound < float("inf") else low)
        low, below = bound, count
    return 0.0


def _bounds(values: dict[str, float], name: str) -> list[str]:
    return re.findall(rf'^{name}_bucket{{le="(\S+)"}}$', "\n".join(values), re.MULTILINE)


class Scene:
    """A server, and what can be done to it."""

    def __init__(self, *flags: str, log: str | None = None, is_clock_jumping: bool = False) -> None:
        """log: a file to write to, for one of this scene's own."""
        self._flags = flags
        self._folder = tempfile.TemporaryDirectory()
        self.log = Path(log or f"{self._folder.name}/log")
        self._order = Path(self._folder.name, "order")
        os.environ["SABOTAGE"] = str(self._order)
        os.environ["SABOTAGE_CLOCK"] = "1" if is_clock_jumping else ""
        self.server = self._start(0)

    def _start(self, port: int) -> RunningServer:
        with self.log.open("ab") as errors:
            return RunningServer(*self._flags, port=port, errors=errors, program="tests.chaos.sabotage")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGKILL)
        self._folder.cleanup()

    def end(self, number: signal.Signals) -> int:
        """Stop the server; return its exit code."""
        process = self.server.process
        code = self.server.stop(number) if process.poll() is None else process.returncode
        if process.stdout:
            process.stdout.close()
        return code

    def restart(self, number: signal.Signals) -> int:
        """Stop the server, and start another in its place; return the first one's exit code."""
        code = self.end(number)
        self.server = self._start(self.server.port)
        return code

    def sabotage(self, word: str) -> None:
        """Have the next batch go wrong, once, and wait until it has. Raises TimeoutError."""
        self._order.write_text(word)
        until = time.monotonic() + _PATIENCE_S
        while self._order.exists():
            if time.monotonic() > until:
                raise TimeoutError(f"Expected a batch to {word}, got none in {_PATIENCE_S:.0f} s")
            time.sleep(_POLL_S)

    def end_threads(self) -> None:
        """Have one predict thread after the other end, until the server gives up. Raises TimeoutError."""
        for place in range(_THREADS):
            self.sabotage("exit")
            if place < _THREADS - 1 and None in (self.wait_until("503", 8), self.wait_until("200", 30)):
                raise TimeoutError("Expected the predict thread to be replaced, but it was not")

    def ready(self) -> str:
        """Ask whether it is ready: "200", or another status and the reason."""
        try:
            with urllib.request.urlopen(f"{self.server.url}readyz", timeout=5) as response:
                return str(response.status)
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.read().decode()}"

    def wait_until(self, status: str, seconds: float) -> float | None:
        """Wait until it is as ready as this says, "200" say; return how long that took, if it did."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            with suppress(OSError):
                if status in self.ready():
                    return time.monotonic() - began
            time.sleep(_POLL_S)
        return None

    @property
    def sessions(self) -> int:
        """How many are open."""
        return int(numbers(self.server.url)["live_digits_sessions"])

    @property
    def process(self) -> psutil.Process:
        """The server's process, to look at."""
        return psutil.Process(self.server.process.pid)
