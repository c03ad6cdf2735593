"""The load tester's alarm: it rings in time, and never before."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from live.load.alarm import Alarm, clock


@pytest.fixture(params=["timer", "loop"])
def alarm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Alarm:
    if request.param == "loop":
        monkeypatch.setattr("live.load.alarm.sys.platform", "elsewhere")
    elif sys.platform != "linux":
        pytest.skip("this platform has no such timer")
    return Alarm()


async def test_it_rings_at_the_time_and_not_before(alarm: Alarm) -> None:
    with alarm:
        for pause_s in (0.0, 5e-5, 3e-4, 2e-3, 2e-2):
            at = clock() + pause_s
            await asyncio.wait_for(alarm.until(at), 10)
            assert clock() >= at


async def test_a_time_that_is_past_lets_others_have_their_turn(alarm: Alarm) -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    with alarm:
        other = asyncio.create_task(take_turns())
        for _ in range(10):
            await alarm.until(clock() - 1)
        other.cancel()
    assert turns >= 9


async def test_who_no_longer_waits_does_not_wake_the_next(alarm: Alarm) -> None:
    with alarm:
        for _ in range(20):
            gone = asyncio.create_task(alarm.until(clock() + 1e-3))
            await asyncio.sleep(0)
            gone.cancel()
            at = clock() + 3e-3
            await asyncio.wait_for(alarm.until(at), 10)
            assert clock() >= at


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this platform does not list open files")
async def test_it_leaves_no_file_open() -> None:
    with Alarm() as alarm:
        await alarm.until(clock() + 1e-4)
    before = len(os.listdir("/proc/self/fd"))
    with Alarm() as alarm:
        await alarm.until(clock() + 1e-4)
    assert len(os.listdir("/proc/self/fd")) == before
