"""Runs the load tester: as a command, in this process, or one worker of it alone."""

import asyncio
import gc
import subprocess
import sys
from multiprocessing import Pipe
from typing import Any

from live.load import conductor
from live.load.alarm import clock
from live.load.plan import Plan
from live.load.report import Report
from live.load.tally import Outcome
from live.load.worker import Begin, Opened, Start, Stop, Worker
from tests.conftest import ROOT

FEW = ["--sessions", "1", "--seconds", "1", "--ramp", "0"]
_SHORT_S = 0.3


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "live", "load", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=ROOT, check=False)


def load(url: str, **changes: Any) -> Report:
    return conductor.run(_plan(url, changes))


async def work(url: str, **changes: Any) -> Outcome:
    """Have one worker draw for a little while, and return what came of its sessions."""
    ours, theirs = Pipe()
    worker = Worker(_plan(url, changes), 0, theirs)
    working = asyncio.create_task(worker.run())

    async def hear(kind: type) -> Any:
        while True:
            while not ours.poll():  # noqa: ASYNC110 - a pipe is not to be awaited everywhere
                await asyncio.sleep(5e-3)
            if isinstance(message := ours.recv(), kind):
                return message

    try:
        await hear(Opened)
        ours.send(Start(clock()))
        await hear(Opened)
        ours.send(Begin(clock()))
        await asyncio.sleep(_SHORT_S)
        ours.send(Stop())
        outcome: Outcome = await hear(Outcome)
        return outcome
    finally:
        await working
        # Its process would end now; here, a server that waits for its sockets to be closed would wait on.
        while any(hand.close_code is None for hand in worker._hands):  # noqa: ASYNC110
            await asyncio.sleep(5e-3)
        # And other tests go on.
        gc.enable()


def _plan(url: str, changes: dict[str, Any]) -> Plan:
    settings: dict[str, Any] = {
        "sessions": 2,
        "seconds": 1,
        "ramp_s": 0.0,
        "rate": 20.0,
        "steps": 4,
        **changes,
    }
    return Plan(url=url, **settings)
