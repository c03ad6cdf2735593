"""The process that explains pictures, with another in its place that says no more than which one it is."""

import asyncio

import numpy as np
import pytest

from live.explaining import patcher
from live.explaining.patcher import Patcher
from live.helper import Helper
from live.spare import ImageSource
from live.verdict import DIGITS, Probabilities

IMAGE = np.ones((28, 28), np.float32)
PROGRAM = """
import os, struct, sys
while sys.stdin.buffer.read(4 * 28 * 28):
    sys.stdout.buffer.write(struct.pack("<I", 1) + bytes(49))
    sys.stdout.flush()
    sys.stdin.buffer.read(8 * 10)
    sys.stdout.buffer.write(struct.pack("<I510d", 0, *[os.getpid()] * 510))
    sys.stdout.flush()
"""
"""Has one image scored, and answers with its number in every place."""


async def test_who_gives_up_waiting_ends_what_nobody_else_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patcher, "Helper", lambda *_: Helper("-c", PROGRAM))
    monkeypatch.setattr(patcher, "check_installed", lambda: None)
    explaining, is_asked, may_answer = Patcher(), asyncio.Event(), asyncio.Event()

    async def score(_: ImageSource) -> Probabilities:
        is_asked.set()
        await may_answer.wait()
        return np.full((1, DIGITS), 0.1)

    first = asyncio.create_task(explaining.explain(IMAGE, score))
    await is_asked.wait()
    second = asyncio.create_task(explaining.explain(IMAGE, score))
    for gone in (first, second):
        await asyncio.sleep(0.01)
        gone.cancel()
    await asyncio.sleep(0.01)
    before = explaining._helper._running
    may_answer.set()
    found = await explaining.explain(IMAGE, score)
    assert before
    assert found.weights[0, 0] == before.pid
    await explaining.close()
