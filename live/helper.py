"""A helper: a process of the server's own that is asked over its standard input and answers over its output.

What decoder.py and patcher.py ask. It starts with the first question, and again when it has ended, whoever
ended it; whatever goes wrong with it is told as an error that a client may be told.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from live.errors import Overloaded

_PACKAGES = str(Path(__file__).parent.parent)
"""Where this package is. `-m` alone would look in the working directory first, and run what is there."""


class HelperDied(Exception):
    """It ended, or closed its output, in the middle of an answer."""


class Pipes(NamedTuple):
    """A helper's standard input and output."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader


class Helper:
    """One process: not started → idle ⇄ busy; killed, and so not started, when left while busy.

    Whoever owns it asks one thing at a time.
    """

    def __init__(self, *arguments: str) -> None:
        """arguments: Python's, such as `-m live.pictures.decoding`."""
        self._arguments = arguments
        self._running: asyncio.subprocess.Process | None = None

    @contextlib.asynccontextmanager
    async def talk(self) -> AsyncIterator[Pipes]:
        """Have a question asked and answered. Raises Overloaded when it can't be started, HelperDied."""
        pipes = await self._pipes()
        is_done = False
        try:
            yield pipes
            is_done = True
        except (asyncio.IncompleteReadError, ConnectionError):
            raise HelperDied from None
        except RuntimeError as error:
            # What uvloop says when it writes to a process of whose end it has heard.
            if not pipes.stdin.transport.is_closing():
                raise
            raise HelperDied from error
        finally:
            if not is_done:
                # Its answer, if it still came, would be taken for the next question's.
                self._kill()

    async def close(self) -> None:
        """End the process."""
        running, self._running = self._running, None
        if running and running.stdin:
            running.stdin.close()
            await running.wait()

    async def _pipes(self) -> Pipes:
        running = self._running
        # It may have been killed while it was idle, for its memory perhaps.
        if not running or running.returncode is not None or _is_closing(running):
            self._kill()
            running = self._running = await self._start()
        assert running.stdin
        assert running.stdout
        return Pipes(running.stdin, running.stdout)

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        # A pool of threads for matrices of six columns would only get in the way.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (_PACKAGES, os.environ.get("PYTHONPATH"))))
        try:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", *self._arguments), stdin=pipe, stdout=pipe, env=environment
            )
        except OSError as error:
            raise Overloaded(f"Expected to start a process, but: {(error.strerror or '?').lower()}") from None

    def _kill(self) -> None:
        running, self._running = self._running, None
        if running:
            with contextlib.suppress(ProcessLookupError):
                running.kill()


def _is_closing(running: asyncio.subprocess.Process) -> bool:
    return running.stdin is None or running.stdin.transport.is_closing()
