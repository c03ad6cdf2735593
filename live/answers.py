"""Answers, as they come to the client: to who waits for one, and into the queues of who reads them all."""

import asyncio
from typing import TypeVar

_MAX_UNREAD = 1_000
"""Predictions, and as many explanations, kept for who does not iterate; the oldest make way."""

_Found = TypeVar("_Found")


def hand_out(found: _Found, to: "dict[int, asyncio.Future[_Found]]", seq: int) -> None:
    """Hand what was found of a snapshot to who waits for it, or for an older one."""
    for asked, waiting in to.items():
        if asked <= seq and not waiting.done():
            waiting.set_result(found)


def keep(found: _Found, unread: "asyncio.Queue[_Found | None]") -> None:
    """Keep it for who iterates; the oldest makes way."""
    if unread.qsize() >= _MAX_UNREAD:
        unread.get_nowait()
    unread.put_nowait(found)
