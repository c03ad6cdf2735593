"""Single pictures and drawings over HTTP: how many may be on their way, and how many in memory."""

import asyncio
import json
from dataclasses import replace

import httpx
import numpy as np
import pytest

from live.helper import Helper
from live.ink import Image
from live.messages import Picture
from live.pictures.decoder import Decoder
from live.service import UPLOADED_AT_ONCE
from live.uploads import Part, Upload
from tests.live.drawings import DRAWINGS
from tests.live.inside import CLASSIC, serving, serving_openly
from tests.live.pages import draw, encoded

PAGE = encoded(draw("six"))


class Gate:
    """Holds pictures up before they are decoded, and counts those that were read into memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_open = asyncio.Event()
        self.read = 0
        ask, read = Decoder._ask, Upload.read

        async def ask_later(decoder: Decoder, process: Helper, picture: Picture) -> Image:
            await self.is_open.wait()
            return await ask(decoder, process, picture)

        def count(upload: Upload, part: Part) -> bytes:
            self.read += part.size == len(PAGE)
            return read(upload, part)

        monkeypatch.setattr(Decoder, "_ask", ask_later)
        monkeypatch.setattr(Upload, "read", count)


async def test_pictures_that_wait_are_not_in_memory_and_not_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate(monkeypatch)
    monkeypatch.setattr("live.asking._MAX_PICTURES", 9)
    async with (
        serving() as (host, port),
        httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=60) as client,
    ):
        asked = [asyncio.create_task(client.post("/v1/predict", content=PAGE)) for _ in range(10)]
        done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        [refused] = [task.result() for task in done]
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
        assert "Retry-After" in refused.headers
        assert 0 < gate.read < 9
        drawing = await client.post("/v1/predict", json={"strokes": DRAWINGS["seven"]})
        assert drawing.json()["digit"] == 7
        gate.is_open.set()
        answers = await asyncio.gather(*waiting)
        assert [answer.json()["digit"] for answer in answers] == [6] * 9
        assert gate.read == 9


@pytest.mark.parametrize("drain_s", [0.3, 60])
async def test_a_drain_lets_uploads_end_or_says_what_it_left(
    drain_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_begun = asyncio.Event()

    async def decode_slowly(*_: object) -> Image:
        has_begun.set()
        await asyncio.sleep(0.5)
        return np.ones((28, 28), np.float32)

    monkeypatch.setattr(Decoder, "decode", decode_slowly)
    pictures = [("picture", (f"{number}.png", b"-")) for number in range(64)]
    async with (
        serving_openly(replace(CLASSIC, drain_s=drain_s)) as (server, (host, port)),
        httpx.AsyncClient(timeout=60) as http,
    ):
        asking = asyncio.create_task(http.post(f"http://{host}:{port}/v1/batch", files=pictures))
        await has_begun.wait()
        server.drain()
        *lines, last = [json.loads(line) for line in (await asking).text.splitlines()]
    errors = {line["error"]["code"] for line in lines if "error" in line}
    assert (len(lines), last["summary"]["pictures"]) == (64, 64)
    assert errors == (set() if drain_s > 1 else {"overloaded"})
    assert last["summary"]["predictions"] >= 8


async def test_all_uploads_together_have_few_pictures_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    pictures = [("picture", (f"{number}.png", PAGE)) for number in range(16)]
    async with serving() as (host, port), httpx.AsyncClient(timeout=60) as http:
        url = f"http://{host}:{port}/v1/batch"
        asked = [asyncio.create_task(http.post(url, files=pictures)) for _ in range(3)]
        while gate.read < UPLOADED_AT_ONCE:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert gate.read == UPLOADED_AT_ONCE
        gate.is_open.set()
        for answer in await asyncio.gather(*asked):
            assert json.loads(answer.text.splitlines()[-1])["summary"]["predictions"] == 16
    assert gate.read == 48


async def test_an_upload_does_not_keep_its_place_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.bulk._MOST_S", 0)
    pictures = [("picture", (f"{number}.png", PAGE)) for number in range(3)]
    async with serving() as (host, port), httpx.AsyncClient(timeout=60) as http:
        line, last = (await http.post(f"http://{host}:{port}/v1/batch", files=pictures)).text.splitlines()
    assert json.loads(line)["error"]["code"] == "too_large"
    assert "no more of it is read" in line
    assert json.loads(last)["summary"]["errors"] == 1
