"""Pictures over real sockets: mixed with ink, broken, and many at once."""

import json
import struct
from typing import Any

import pytest

from tests.conftest import RunningServer
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.pages import draw, encoded
from tests.talk import ask, check_books, receive, session, whole


def picture(data: bytes, seq: int, width: int = 0) -> bytes:
    return struct.pack("<BBHII", 2, 0 if width else 1, width, seq, 0) + data


@pytest.mark.parametrize(("digit", "name"), list(enumerate(DRAWINGS)))
async def test_pictures_are_read_like_ink(server: RunningServer, digit: int, name: str) -> None:
    raw = draw(name, mode="L", paper=255, pen=0)
    async with session(server) as socket:
        assert (await ask(socket, picture(encoded(draw(name)), 0)))["digit"] == digit
        assert (await ask(socket, picture(raw.tobytes(), 1, raw.width)))["digit"] == digit


async def test_a_bad_picture_costs_its_own_seq_only(server: RunningServer) -> None:
    async with session(server) as socket:
        messages = [
            await ask(socket, picture(b"no picture", 0)),
            await ask(socket, picture(bytes(10), 1, 3)),
            await ask(socket, picture(encoded(draw("two")), 2)),
            await ask(socket, binary_ink(whole(DRAWINGS["seven"]), 3)),
            await ask(socket, picture(encoded(draw("two", pen=(255, 255, 255))), 4)),
        ]
        assert [m.get("code") for m in messages] == ["bad_picture", "bad_picture", None, None, None]
        assert [m["seq"] for m in messages] == list(range(5))
        assert [m.get("digit") for m in messages[2:]] == [2, 7, None]
        assert messages[-1]["verdict"] == "blank"


async def test_a_flood_of_pictures_and_ink_is_answered_with_its_newest(server: RunningServer) -> None:
    file = encoded(draw("four"))
    async with session(server) as socket:
        for seq in range(300):
            is_ink = seq % 7 == 3
            await socket.send(binary_ink(whole(DRAWINGS["one"]), seq) if is_ink else picture(file, seq))
        messages: list[dict[str, Any]] = []
        while not messages or messages[-1]["seq"] < 299:
            messages.append(await receive(socket))
        check_books(300, messages)
        assert messages[-1]["digit"] == 4


async def test_what_the_model_saw_of_a_picture_is_included(server: RunningServer) -> None:
    async with session(server) as socket:
        await ask(socket, json.dumps({"type": "configure", "include": ["input"]}))
        assert len((await ask(socket, picture(encoded(draw("two")), 0)))["input"]) == 1048
