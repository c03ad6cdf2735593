"""The patcher: images → what their patches say, worked out in a process of its own.

Asked by the explainer, answered by patching.py. A process and not a thread: importing the shap library takes
seconds, in which the event loop would stop again and again. What has to be scored is scored here, in the
server's own spare time. The process starts with the first picture that is to be explained.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable

import numpy as np

from live.errors import Internal
from live.patches import PATCHES, Masked, Patches, check_installed
from live.patching import COUNT
from live.session import Image
from live.spare import ImageSource
from live.verdict import DIGITS, Probabilities

_TIMEOUT_S = 120.0
"""For one image; the first one waits for the library, too."""

Score = Callable[[ImageSource], Awaitable[Probabilities]]


class Patcher:
    """One process, one image at a time; who asks first is served first.

    Any task of one event loop may ask. Who gives up waiting leaves the image to be finished: the process is
    in the middle of a conversation.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._running: asyncio.subprocess.Process | None = None
        self._talk: asyncio.Task[Patches] | None = None

    async def explain(self, image: Image, score: Score) -> Patches:
        """Explain an image (28, 28). Raises UnknownModel without the library, Internal when it fails."""
        check_installed()
        async with self._turn:
            if self._talk:
                await asyncio.gather(self._talk, return_exceptions=True)
            self._talk = asyncio.create_task(self._explain(image, score))
            return await asyncio.shield(self._talk)

    async def close(self) -> None:
        """End the process."""
        if self._talk:
            self._talk.cancel()
            await asyncio.gather(self._talk, return_exceptions=True)
        running, self._running = self._running, None
        if running and running.stdin:
            running.stdin.close()
            await running.wait()

    async def _explain(self, image: Image, score: Score) -> Patches:
        running = self._running or await self._start()
        assert running.stdin
        assert running.stdout
        is_done = False
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                running.stdin.write(image.astype(np.float32).tobytes())
                while count := COUNT.unpack(await running.stdout.readexactly(COUNT.size))[0]:
                    masks = np.frombuffer(await running.stdout.readexactly(count * PATCHES), np.uint8)
                    scores = await score(Masked(image, masks.reshape(-1, PATCHES)))
                    running.stdin.write(scores.tobytes())
                    await running.stdin.drain()
                content = await running.stdout.readexactly(8 * DIGITS * (PATCHES + 2))
            is_done = True
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            raise Internal("Expected an explanation, but what explains pictures failed") from None
        finally:
            if not is_done:
                self._kill()
        rows = np.frombuffer(content).reshape(-1, DIGITS)
        return Patches(rows[:PATCHES], rows[PATCHES], rows[PATCHES + 1])

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "live.patching"), stdin=pipe, stdout=pipe, env=environment
        )
        return self._running

    def _kill(self) -> None:
        running, self._running = self._running, None
        if running:
            with contextlib.suppress(ProcessLookupError):
                running.kill()
