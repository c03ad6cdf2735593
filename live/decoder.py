"""The decoder: pictures → images, in processes of its own.

Between messages and batcher, where there are pictures: connection and routes ask, decoding.py answers. A
process and not a thread: a picture can keep the interpreter busy for a second, which would stop the event
loop; it can take a gigabyte; and a decoder written in C may crash. None of that reaches the server, which
imports no Pillow. Processes start with the first picture, and again after one that had to be killed.
"""

import asyncio
import contextlib
import os
import sys

import numpy as np

from live.decoding import FAULTS, REPLY, REQUEST
from live.errors import BadPicture
from live.ink import SIDE
from live.messages import Picture
from live.session import Image

_TIMEOUT_S = 20.0
"""For one picture. One of 16 million pixels with transparency took 0.7 s of processor."""


class Decoder:
    """Some processes that decode one picture each at a time; who asks first is served first.

    Any task of one event loop may ask. `close` ends the processes and waits for them.
    """

    def __init__(self, processes: int, max_pixels: int, niceness: int) -> None:
        self._max_pixels = max_pixels
        self._all = [_Process(niceness) for _ in range(processes)]
        # The one used last is the one that is running and whose memory is warm.
        self._idle: asyncio.LifoQueue[_Process] = asyncio.LifoQueue()
        for process in reversed(self._all):
            self._idle.put_nowait(process)

    async def decode(self, picture: Picture) -> Image:
        """Return what a model sees of a picture (28, 28). Raises BadPicture or TooLarge."""
        process = await self._idle.get()
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await process.decode(picture, self._max_pixels)
        except TimeoutError:
            raise BadPicture(f"Expected a picture that decodes within {_TIMEOUT_S:g} s") from None
        finally:
            self._idle.put_nowait(process)

    async def close(self) -> None:
        """End the processes."""
        for process in self._all:
            await process.close()


class _Process:
    """One decoding process: not started → idle ⇄ busy; killed, and so not started, when left while busy."""

    def __init__(self, niceness: int) -> None:
        self._niceness = niceness
        self._running: asyncio.subprocess.Process | None = None

    async def decode(self, picture: Picture, max_pixels: int) -> Image:
        running = self._running
        if not running or running.returncode is not None:
            # Not there yet, or killed while it was idle, for its memory perhaps.
            running = await self._start()
        assert running.stdin
        assert running.stdout
        is_done = False
        try:
            running.stdin.write(REQUEST.pack(len(picture.data), picture.width, max_pixels))
            running.stdin.write(picture.data)
            await running.stdin.drain()
            status, length = REPLY.unpack(await running.stdout.readexactly(REPLY.size))
            payload = await running.stdout.readexactly(length)
            is_done = True
        except (asyncio.IncompleteReadError, ConnectionError):
            raise BadPicture(
                "Expected a picture that can be decoded, got one that the decoder died of"
            ) from None
        finally:
            if not is_done:
                # Its answer, if it still came, would be taken for the next picture's.
                self._kill()
        if status:
            raise FAULTS[status - 1](payload.decode())
        return np.frombuffer(payload, np.float32).reshape(SIDE, SIDE)

    async def close(self) -> None:
        running, self._running = self._running, None
        if running and running.stdin:
            running.stdin.close()
            await running.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        # A pool of threads for matrices of six columns would only get in the way.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "live.decoding", str(self._niceness)),
            stdin=pipe,
            stdout=pipe,
            env=environment,
        )
        return self._running

    def _kill(self) -> None:
        running, self._running = self._running, None
        if running:
            with contextlib.suppress(ProcessLookupError):
                running.kill()
