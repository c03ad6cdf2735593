"""The patcher: images → what their patches say, worked out in a process of its own.

Asked by the explainer, answered by patching.py. A process and not a thread: importing the shap library takes
seconds, in which the event loop would stop again and again. What has to be scored is scored here, in the
server's own spare time. The process starts with the first picture that is to be explained.
"""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from live.errors import Internal
from live.explaining.patches import PATCHES, Masked, Patches, check_installed
from live.explaining.patching import COUNT
from live.helper import Helper, HelperDied
from live.ink import Image
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
        self._helper = Helper("-m", "live.explaining.patching")
        self._talk: asyncio.Task[Patches] | None = None

    async def explain(self, image: Image, score: Score) -> Patches:
        """Explain an image (28, 28). Raises UnknownModel without the library, Internal or Overloaded."""
        check_installed()
        async with self._turn:
            if self._talk:
                # Only waited for: who gives up here must not end it, either.
                await asyncio.wait([self._talk])
            self._talk = asyncio.create_task(self._explain(image, score))
            return await asyncio.shield(self._talk)

    async def close(self) -> None:
        """End the process."""
        if self._talk:
            self._talk.cancel()
            await asyncio.gather(self._talk, return_exceptions=True)
        await self._helper.close()

    async def _explain(self, image: Image, score: Score) -> Patches:
        try:
            async with asyncio.timeout(_TIMEOUT_S), self._helper.talk() as (stdin, stdout):
                stdin.write(image.astype(np.float32).tobytes())
                while count := COUNT.unpack(await stdout.readexactly(COUNT.size))[0]:
                    masks = np.frombuffer(await stdout.readexactly(count * PATCHES), np.uint8)
                    scores = await score(Masked(image, masks.reshape(-1, PATCHES)))
                    stdin.write(scores.tobytes())
                    await stdin.drain()
                content = await stdout.readexactly(8 * DIGITS * (PATCHES + 2))
        except (HelperDied, TimeoutError):
            raise Internal("Expected an explanation, but what explains pictures failed") from None
        rows = np.frombuffer(content).reshape(-1, DIGITS)
        return Patches(rows[:PATCHES], rows[PATCHES], rows[PATCHES + 1])
