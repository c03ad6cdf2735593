"""Answers as they come to the client: who waits has the next that is as new, who reads has all that fit."""

import asyncio

import pytest

from live import answers
from live.answers import Answers


async def test_who_waits_has_the_answer_to_a_later_snapshot_too_and_to_no_earlier_one() -> None:
    found = Answers[str]()
    waiting = [asyncio.create_task(found.wait_for(seq)) for seq in (1, 2, 4)]
    await asyncio.sleep(0)
    found.take("zero", 0)
    found.take("three", 3)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*waiting[:2]) == ["three"] * 2
    found.take("five", 5)
    found.take("six", 6)
    assert await waiting[2] == "five"


async def test_of_what_nobody_reads_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MAX_UNREAD", 3)
    found = Answers[int]()
    for seq in range(5):
        found.take(seq, seq)
    found.end(ConnectionError())
    async with asyncio.timeout(10):
        assert [answer async for answer in found.all()] == [2, 3, 4]
        assert [answer async for answer in found.all()] == [], "whoever asks again is told that it is over"
