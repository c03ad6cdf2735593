"""A hundred malformed pictures through a real server, while somebody else draws."""

import asyncio
import json

import httpx
import psutil
import pytest

from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.malformed import DIGIT, Case, cases
from tests.talk import ask, session, whole

MAX_GROWTH = 60_000_000
"""Bytes of the server's own memory; a page of 16 million pixels would be 50 million and more."""
MAX_DECODER = 700_000_000


def memory(process: psutil.Process) -> int:
    info: int = process.memory_info().rss
    return info


def decoders(server: RunningServer) -> list[psutil.Process]:
    running = psutil.Process(server.process.pid).children(recursive=True)
    return [process for process in running if "live.pictures.decoding" in process.cmdline()]


async def send_all(server: RunningServer) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        return [await http.post("/v1/predict", content=case.data) for case in cases()]


async def test_each_is_answered_and_nobody_else_notices() -> None:
    assert len(cases()) >= 100
    with running_server() as server:
        before = memory(psutil.Process(server.process.pid))
        sending = asyncio.create_task(send_all(server))
        answered = 0
        async with session(server) as socket:
            while not sending.done():
                answer = await ask(socket, binary_ink(whole(DRAWINGS["seven"]), answered))
                assert (answer["type"], answer["digit"]) == ("prediction", 7)
                answered += 1
        assert answered > 10
        for case, response in zip(cases(), await sending, strict=True):
            check(case, response)
        assert memory(psutil.Process(server.process.pid)) - before < MAX_GROWTH
        assert decoders(server)
        assert all(memory(process) < MAX_DECODER for process in decoders(server))


def check(case: Case, response: httpx.Response) -> None:
    told = f"{case.name}: {response.status_code} {response.text[:200]}"
    if response.status_code == 200:
        assert case.readable, told
        assert response.json()["digit"] in (DIGIT, None) or case.is_mangled, told
        return
    error = response.json()["error"]
    assert (response.status_code, error["code"]) in ((422, "bad_picture"), (413, "too_large")), told
    assert error["message"].startswith("Expected a "), told


@pytest.mark.parametrize("name", ["PNG and a ZIP behind it", "PNG whose EXIF is garbage", "moving GIF"])
async def test_what_is_only_odd_is_read(server: RunningServer, name: str) -> None:
    [data] = [case.data for case in cases() if case.name == name]
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        found = json.loads((await http.post("/v1/predict", content=data)).text)
    assert found["digit"] == DIGIT
