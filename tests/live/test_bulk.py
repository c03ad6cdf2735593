"""Bulk: what an upload is to those who draw, and what is left of it when its client leaves."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from live import bulk
from live.errors import BadPicture
from live.ink import Image
from live.settings import Settings
from live.uploads import Part, Upload


class Service:
    """Decodes when it may, and predicts nothing; notes who is decoded, and who is put into which lane."""

    def __init__(self) -> None:
        self.is_over = False
        self.explainer = None
        self.batcher = self.bulk_decoder = self.uploaded = self
        self.may_decode = asyncio.Event()
        self.decoding = 0
        self.lanes: list[bool] = []
        self.removed = 0

    async def take(self, _: str) -> int:
        return 0

    def give_back(self, _: int) -> None:
        pass

    async def decode(self, *_: object) -> Image:
        self.decoding += 1
        try:
            await self.may_decode.wait()
        finally:
            self.decoding -= 1
        return np.ones((28, 28), np.float32)

    def put(self, _: object, is_bulk: bool = False) -> None:
        self.lanes.append(is_bulk)

    def remove(self, _: object) -> None:
        self.removed += 1


async def test_an_upload_lets_those_who_draw_go_first_and_who_leaves_cancels_it() -> None:
    service: Any = Service()
    files = ((f"{number}.png", b"-") for number in range(20))
    lines = bulk.answer_all(service, files, "m", ())
    asking = asyncio.create_task(anext(lines))
    async with asyncio.timeout(10):
        while service.decoding < 8:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    service.may_decode.set()
    async with asyncio.timeout(10):
        while len(service.lanes) < 8:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert service.lanes == [True] * 8, "so many at a time"
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert service.removed == 8


def test_a_broken_archive_costs_those_behind_it_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    upload, read = Upload(), Upload.read
    broken, page = b"PK\3\4" + bytes(1_000), b"a picture"
    upload.file.write(broken + page)
    upload.parts = [
        Part("picture", "a.zip", 0, len(broken)),
        Part("picture", "b.png", len(broken), len(page)),
    ]
    in_memory: list[int] = []

    def note(upload: Upload, part: Part) -> bytes:
        in_memory.append(part.size)
        return read(upload, part)

    monkeypatch.setattr(Upload, "read", note)
    (name, fault), last = bulk.files_of(upload, replace(Settings(), max_picture_bytes=len(page)))
    assert (name, isinstance(fault, BadPicture), last) == ("a.zip", True, ("b.png", page))
    assert max(in_memory) == len(page), "an archive is never read whole"
    upload.close()
