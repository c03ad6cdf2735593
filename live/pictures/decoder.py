"""The decoder: pictures → images, in processes of its own.

Between parsing and batcher, where there are pictures: connection, asking and bulk ask, decoding.py answers. A
process and not a thread: a picture can keep the interpreter busy for a second, which would stop the event
loop; it can take a gigabyte; and a decoder written in C may crash. None of that reaches the server, which
imports no Pillow. Processes start with the first picture, and again after one that had to be killed.
"""

import asyncio
from collections.abc import Callable

import numpy as np

from live.errors import BadPicture, Overloaded
from live.helper import Helper, HelperDied
from live.ink import SIDE, Image
from live.messages import Picture
from live.pictures.decoding import BULK, FAULTS, REPLY, REQUEST
from live.turns import Turns

_TIMEOUT_S, _BULK_TIMEOUT_S = 20.0, 120.0
"""For one picture. One of 16 million pixels with transparency took 0.7 s of processor, of which bulk had a
hundredth while a flood kept every core busy."""


class Decoder:
    """Some processes that decode one picture each at a time, whoever asks in turn.

    Any task of one event loop may ask. `close` ends the processes and waits for them.
    """

    def __init__(self, processes: int, max_pixels: int, *, is_bulk: bool = False) -> None:
        """is_bulk: nobody watches, and everybody else goes first."""
        self._max_pixels = max_pixels
        self._timeout_s = _BULK_TIMEOUT_S if is_bulk else _TIMEOUT_S
        arguments = ["-m", "live.pictures.decoding", *[BULK] * is_bulk]
        self._wait_s = None if is_bulk else _TIMEOUT_S
        self._all = [Helper(*arguments) for _ in range(processes)]
        self._turns = Turns(self._all)

    async def decode(self, picture: Picture | Callable[[], Picture], who: str = "") -> Image:
        """Return what a model sees of a picture (28, 28). Raises BadPicture, TooLarge or Overloaded.

        picture: or what reads it once it is its turn, so that it need not wait in memory; who: whose it is.
        """
        try:
            async with asyncio.timeout(self._wait_s):
                process = await self._turns.take(who)
        except TimeoutError:
            told = f"Expected to decode a picture within {self._wait_s:g} s, but too many came before it"
            raise Overloaded(told) from None
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(process, picture() if callable(picture) else picture)
        except TimeoutError:
            raise BadPicture(f"Expected a picture that decodes within {self._timeout_s:g} s") from None
        finally:
            self._turns.give_back(process)

    async def close(self) -> None:
        """End the processes."""
        for process in self._all:
            await process.close()

    async def _ask(self, process: Helper, picture: Picture) -> Image:
        try:
            async with process.talk() as (stdin, stdout):
                stdin.write(REQUEST.pack(len(picture.data), picture.width, self._max_pixels))
                stdin.write(picture.data)
                await stdin.drain()
                status, length = REPLY.unpack(await stdout.readexactly(REPLY.size))
                payload = await stdout.readexactly(length)
        except HelperDied:
            raise BadPicture(
                "Expected a picture that can be decoded, got one that the decoder died of"
            ) from None
        if status:
            raise FAULTS[status - 1](payload.decode())
        return np.frombuffer(payload, np.float32).reshape(SIDE, SIDE)
