"""Several workers where there is no room for another process."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from live.client import Client
from tests.conftest import RunningServer
from tests.live.drawings import DRAWINGS


async def until(claim: Callable[[], bool]) -> None:
    """Wait until it is as claimed."""
    async with asyncio.timeout(60):
        while not claim():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_workers_go_on_while_no_other_can_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded, log = tmp_path / "crowded", tmp_path / "log"
    monkeypatch.setenv("CROWDED", str(crowded))
    with log.open("wb") as errors:
        server = RunningServer("--workers", "2", "--model", "classic", errors=errors, program="tests.crowded")
    try:
        before = server.worker_pids()
        crowded.touch()
        server.process.send_signal(signal.SIGHUP)
        reason = "Expected to start a worker, but: resource temporarily unavailable"
        await until(lambda: f"{reason}: the workers stay as they are" in log.read_text())
        assert server.worker_pids() == before
        psutil.Process(min(before)).kill()
        await until(lambda: f"{reason}: it is replaced in" in log.read_text())
        async with Client(server.url) as client:
            assert (await client.read(DRAWINGS["seven"])).digit == 7
        crowded.unlink()
        await until(lambda: len(server.worker_pids()) == 2)
    finally:
        server.stop(signal.SIGKILL)
        assert server.process.stdout
        server.process.stdout.close()
