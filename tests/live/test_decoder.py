"""The decoder: processes that a picture may block or kill without anybody else noticing."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from live.errors import BadPicture, Overloaded, TooLarge
from live.helper import Helper
from live.ink import Image
from live.messages import Picture
from live.pictures.decoder import Decoder
from live.pictures.picture import FORMATS, read_file
from tests.live.pages import draw, encoded

PAGE = encoded(draw("six"))


@pytest.fixture
async def decoder() -> AsyncIterator[Decoder]:
    running = Decoder(1, 100_000)
    yield running
    await running.close()


async def test_the_process_sees_what_the_module_sees(decoder: Decoder) -> None:
    np.testing.assert_array_equal(await decoder.decode(Picture(0, PAGE)), read_file(PAGE, 100_000))


async def test_faults_come_back_as_they_were_raised(decoder: Decoder) -> None:
    with pytest.raises(BadPicture, match="got something else"):
        await decoder.decode(Picture(0, b"no picture"))
    with pytest.raises(BadPicture, match="got nothing"):
        await decoder.decode(Picture(0, b""))
    with pytest.raises(TooLarge, match="at most 100000 pixels, got 160000"):
        await decoder.decode(Picture(0, encoded(draw(side=400))))
    assert (await decoder.decode(Picture(0, PAGE))).any()


async def test_who_gives_up_does_not_get_anothers_answer(decoder: Decoder) -> None:
    waiting = asyncio.create_task(decoder.decode(Picture(28, bytes(28 * 28))))
    await decoder.decode(Picture(0, PAGE))
    assert not (await waiting).any()
    given_up = asyncio.create_task(decoder.decode(Picture(28, bytes(28 * 28))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert (await decoder.decode(Picture(0, PAGE))).any()


async def test_a_picture_is_read_when_it_is_its_turn_and_not_waited_for_without_end(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder, "_wait_s", 0.3)
    may_end, read = asyncio.Event(), list[str]()
    ask = decoder._ask

    async def ask_later(process: Helper, picture: Picture) -> Image:
        await may_end.wait()
        return await ask(process, picture)

    def reading(name: str) -> Callable[[], Picture]:
        def take() -> Picture:
            read.append(name)
            return Picture(0, PAGE)

        return take

    monkeypatch.setattr(decoder, "_ask", ask_later)
    first = asyncio.create_task(decoder.decode(reading("first"), "a"))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match=r"within 0.3 s, but too many came before it"):
        await decoder.decode(reading("second"), "b")
    may_end.set()
    assert (await first).any()
    assert (await decoder.decode(reading("third"), "b")).any()
    assert read == ["first", "third"]


async def test_a_process_that_dies_costs_its_own_picture_only(decoder: Decoder) -> None:
    await decoder.decode(Picture(0, PAGE))
    [process] = decoder._all
    assert process._running
    process._running.send_signal(signal.SIGSTOP)
    decoding = asyncio.create_task(decoder.decode(Picture(0, PAGE)))
    await asyncio.sleep(0)
    process._running.kill()
    with pytest.raises(BadPicture, match="the decoder died of"):
        await decoding
    assert (await decoder.decode(Picture(0, PAGE))).any()


async def test_a_process_that_dies_while_it_is_idle_costs_nothing(decoder: Decoder) -> None:
    await decoder.decode(Picture(0, PAGE))
    [process] = decoder._all
    assert process._running
    process._running.kill()
    await process._running.wait()
    assert (await decoder.decode(Picture(0, PAGE))).any()


def knows_idle_processes() -> bool:
    """Not every platform does, nor every container on one that does."""
    check = "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)); print('yes')"
    asked = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    return asked.stdout == "yes\n"


@pytest.mark.skipif(not knows_idle_processes(), reason="this platform knows no idle processes")
@pytest.mark.parametrize("is_bulk", [False, True])
async def test_everybody_else_goes_before_bulk(is_bulk: bool) -> None:
    decoder = Decoder(1, 100_000, is_bulk=is_bulk)
    assert (await decoder.decode(Picture(0, PAGE))).any()
    [process] = decoder._all
    assert process._running
    assert os.getpriority(os.PRIO_PROCESS, process._running.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    assert (os.sched_getscheduler(process._running.pid) == os.SCHED_IDLE) == is_bulk
    await decoder.close()


def test_once_warm_reading_a_file_imports_nothing() -> None:
    check = """
import sys
from live.pictures import decoding
from live.pictures.picture import FORMATS, read_file
decoding._warm_up()
warm = set(sys.modules)
assert read_file(sys.stdin.buffer.read(), 100_000).any()
print(*set(sys.modules) - warm)
"""
    for kind in FORMATS:
        file = encoded(draw("six"), kind)
        asked = subprocess.run([sys.executable, "-c", check], input=file, capture_output=True, check=True)
        assert asked.stdout.strip() == b"", kind


async def test_closing_ends_the_processes() -> None:
    closing = Decoder(2, 100_000)
    await asyncio.gather(*(closing.decode(Picture(0, PAGE)) for _ in range(4)))
    running = [process._running for process in closing._all if process._running]
    assert running
    await closing.close()
    assert all(process.returncode == 0 for process in running)
