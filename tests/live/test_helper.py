"""Helper processes: what becomes of a question when one can't be started, or ends."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from live.errors import Overloaded
from live.helper import Helper, HelperDied
from live.messages import Picture
from live.pictures.decoder import Decoder
from tests.live.pages import draw, encoded

ECHO = """
import sys
while said := sys.stdin.buffer.read(1):
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
"""


async def ask(helper: Helper, question: bytes = b"?") -> bytes:
    async with helper.talk() as (stdin, stdout):
        stdin.write(question)
        return await stdout.readexactly(1)


async def kill(helper: Helper) -> None:
    assert helper._running
    helper._running.kill()
    await helper._running.wait()


async def test_nothing_that_lies_in_the_working_directory_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "others"))
    for name in ("live", "numpy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    decoder = Decoder(processes=1, max_pixels=1_000_000)
    image = await decoder.decode(Picture(0, encoded(draw("two"))), "")
    await decoder.close()
    assert image.any()


async def test_who_was_killed_while_idle_is_started_again() -> None:
    helper = Helper("-c", ECHO)
    assert await ask(helper) == b"?"
    await kill(helper)
    assert await ask(helper, b"!") == b"!"
    await helper.close()


async def speak_to_the_dead(helper: Helper) -> None:
    async with helper.talk() as (stdin, _):
        await kill(helper)
        while not stdin.transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        for _ in range(2):
            stdin.write(b"?")
            await stdin.drain()


async def die_in_the_middle() -> None:
    helper = Helper("-c", ECHO)
    with pytest.raises(HelperDied):
        await speak_to_the_dead(helper)
    assert await ask(helper) == b"?"
    await helper.close()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_ends_in_the_middle_of_an_answer_is_said_to_have(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(die_in_the_middle())


async def test_a_fault_of_the_one_who_asks_is_no_death() -> None:
    helper = Helper("-c", ECHO)
    with pytest.raises(RuntimeError, match="mine"):
        async with helper.talk():
            raise RuntimeError("mine")
    assert await ask(helper) == b"?"
    await helper.close()


async def test_one_that_cannot_be_started_is_told_as_overload(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Coroutine[Any, Any, Any]:
        raise OSError(errno.EMFILE, "Too many open files")

    helper = Helper("-c", ECHO)
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "create_subprocess_exec", fail)
        with pytest.raises(Overloaded, match="but: too many open files"):
            await ask(helper)
    assert await ask(helper) == b"?"
    await helper.close()
