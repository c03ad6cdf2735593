"""Drawing in a terminal: Textual's pilot moves the mouse, a real server reads."""

import asyncio
import shutil
import signal
import socket as sockets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Digits, Static

from live.client import Client
from live.draw.answer import Bars, Seen
from live.draw.app import DrawApp
from live.draw.sheet import Sheet
from live.settings import WEIGHTS
from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS

Hand = Pilot[str]


@asynccontextmanager
async def drawing(url: str) -> AsyncIterator[Hand]:
    """Run the program in a terminal of 100×38 cells."""
    async with Client(url, include=["input"]) as client, DrawApp(client).run_test(size=(100, 38)) as pilot:
        yield pilot


def draw(hand: Hand, name: str, is_fine: bool = False) -> None:
    """Draw a digit, from cell to cell or from pixel to pixel."""
    left, top = hand.app.query_one(Sheet).region.offset
    for stroke in DRAWINGS[name]:
        places = [(left + 4 + 0.4 * x, top + 4 + 0.2 * y) for x, y in stroke]
        if not is_fine:
            places = [(int(x), int(y)) for x, y in places]
        kinds = [events.MouseDown, *[events.MouseMove] * (len(places) - 1), events.MouseUp]
        for kind, (x, y) in zip(kinds, [*places, places[-1]], strict=True):
            hand.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False))


async def until(hand: Hand, holds: Callable[[], bool]) -> None:
    """Wait for the server."""
    async with asyncio.timeout(20):
        while not holds():
            await hand.pause(0.02)


def digit(hand: Hand) -> str:
    return hand.app.query_one("#digit", Digits).value


def told(hand: Hand, name: str) -> str:
    return str(hand.app.query_one(f"#{name}", Static).content)


async def test_digits_are_read_while_they_are_drawn(server: RunningServer) -> None:
    async with drawing(server.url) as hand:
        for number, name in enumerate(DRAWINGS):
            draw(hand, name, is_fine=number % 2 == 1)
            await until(hand, lambda number=number: digit(hand) == str(number))  # type: ignore[misc]
            await hand.press("c")
            await until(hand, lambda: digit(hand) == "")
        assert told(hand, "verdict") == "draw a digit"


async def test_a_mouse_that_leaves_the_sheet_draws_on_until_it_is_let_go(server: RunningServer) -> None:
    async with drawing(server.url) as hand:
        await hand.mouse_down(Sheet, (10, 5))
        await hand.hover(Sheet, (10, 20))
        await hand.hover(Bars, (5, 2))
        await hand.mouse_up(Bars, (5, 2))
        await hand.hover(Sheet, (20, 20))
        sheet = hand.app.query_one(Sheet)
        [stroke] = sheet.strokes
        assert stroke[:2] == [(10.5, 11), (10.5, 41)]
        assert [x for x, _ in stroke[2:]] == [sheet.size.width]
        await hand.mouse_down(Sheet, (30, 30), button=3)
        assert len(sheet.strokes) == 1


async def test_the_answer_is_shown_in_full_and_taken_back_with_the_ink(server: RunningServer) -> None:
    async with drawing(server.url) as hand:
        draw(hand, "four")
        sheet = hand.app.query_one(Sheet)
        await until(hand, lambda: digit(hand) == "4" and len(sheet.strokes) == 2)
        bars = hand.app.query_one(Bars)
        assert np.argmax(bars.probabilities) == 4
        assert "4 ███" in bars.render().plain
        assert told(hand, "verdict").endswith("%")
        assert len({segment.style for segment in hand.app.query_one(Seen).render_line(7)}) > 2
        assert any(len(sheet.render_line(y)._segments) > 2 for y in range(sheet.size.height))
        await hand.press("u")
        assert len(sheet.strokes) == 1
        await hand.press("u")
        await until(hand, lambda: told(hand, "verdict") == "draw a digit")
        assert all(len(sheet.render_line(y)._segments) == 1 for y in range(sheet.size.height))


async def test_it_draws_without_colours(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with drawing(server.url) as hand:
        draw(hand, "one")
        await until(hand, lambda: digit(hand) == "1")


async def test_models_take_turns(server: RunningServer) -> None:
    async with drawing(server.url) as hand:
        draw(hand, "three")
        first = told(hand, "status").split()[0]
        seen = []
        while first not in seen:
            before = told(hand, "status")
            await hand.press("m")
            await until(hand, lambda before=before: told(hand, "status") != before)  # type: ignore[misc]
            seen.append(told(hand, "status").split()[0])
        assert set(seen) == {"classic", "compact", "large", "mlp"}


async def test_a_lost_server_is_said_and_what_was_drawn_meanwhile_is_read() -> None:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running_server(port=port) as first:
        starting = drawing(first.url)
        hand = await starting.__aenter__()
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    await until(hand, lambda: told(hand, "status").startswith("Connection lost"))
    draw(hand, "seven")
    with running_server(port=port):
        await until(hand, lambda: digit(hand) == "7")
        assert "http://" in told(hand, "status")
        await starting.__aexit__(None, None, None)


async def test_models_take_turns_that_a_server_came_back_with(tmp_path: Path) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for name in ("classic", "mlp"):
        for file in WEIGHTS.glob(f"{name}.*"):
            shutil.copy(file, tmp_path)
    with running_server(port=port) as first:
        starting = drawing(first.url)
        hand = await starting.__aenter__()
        draw(hand, "three")
        await until(hand, lambda: told(hand, "status").startswith("compact"))
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    await until(hand, lambda: told(hand, "status").startswith("Connection lost"))
    with running_server("--weights", str(tmp_path), "--model", "mlp", port=port):
        await until(hand, lambda: told(hand, "status").startswith("mlp"))
        for name in ("classic", "mlp"):
            await hand.press("m")
            await until(hand, lambda name=name: told(hand, "status").startswith(name))  # type: ignore[misc]
        await starting.__aexit__(None, None, None)


async def test_a_server_that_came_back_without_the_chosen_model_reads_with_its_own(tmp_path: Path) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for file in WEIGHTS.glob("mlp.*"):
        shutil.copy(file, tmp_path)
    with running_server(port=port) as first:
        starting = drawing(first.url)
        hand = await starting.__aenter__()
        await hand.press("m")
        await until(hand, lambda: told(hand, "status").startswith("large"))
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    await until(hand, lambda: told(hand, "status").startswith("Connection lost"))
    draw(hand, "seven")
    with running_server("--weights", str(tmp_path), port=port):
        await until(hand, lambda: digit(hand) == "7")
        assert told(hand, "status").startswith("mlp")
        assert any("no large any more" in each.message for each in hand.app._notifications)
        await starting.__aexit__(None, None, None)


@pytest.mark.parametrize("size", [(100, 14), (38, 38), (2, 2), (1, 1)])
async def test_a_terminal_may_become_smaller_than_the_drawing(
    server: RunningServer, size: tuple[int, int]
) -> None:
    async with drawing(server.url) as hand:
        draw(hand, "seven")
        await until(hand, lambda: digit(hand) == "7")
        strokes = len(hand.app.query_one(Sheet).strokes)
        await hand.resize_terminal(*size)
        await hand.resize_terminal(100, 38)
        draw(hand, "one")
        await hand.pause()
        assert len(hand.app.query_one(Sheet).strokes) == strokes + 1


async def test_a_drawing_that_is_too_long_ends_there() -> None:
    with running_server("--max-points", "5") as small:
        async with drawing(small.url) as hand:
            draw(hand, "three")
            await until(hand, lambda: told(hand, "verdict") != "draw a digit")
            sheet = hand.app.query_one(Sheet)
            assert len(sheet.strokes[0]) == 5
            await hand.click(Sheet, (5, 5))
            await hand.click(Sheet, (15, 5))
            await hand.resize_terminal(90, 36)
            assert [len(stroke) for stroke in sheet.strokes] == [5]
            await hand.press("u")
            assert sheet.strokes == []
