"""A connection between a websocket and a batcher, both of the test's own: when what is told and read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from live.connection import Connection, clock
from live.errors import BadPicture, Internal, UnknownModel
from live.lanes import Cut
from live.messages import HEADER, KIND_PICTURE, GoAway, Model
from live.metrics import Metrics
from live.prediction import Answer
from live.settings import Settings
from live.transport.shortcut import NextText, TakeIn
from live.verdict import BLANK, Judgement
from tests.live.drawings import DRAWINGS, binary_ink

CUT = Cut("m", 1, 0.0, 0.0)
PICTURE = HEADER.pack(KIND_PICTURE, 1, 0, 0, 0) + b"a file"


class Queue:
    """A batcher that cuts nothing by itself, and says who is far."""

    def __init__(self) -> None:
        self.waiting: list[Connection] = []
        self.is_long = False

    def put(self, waiter: Connection) -> None:
        if waiter not in self.waiting:
            self.waiting.append(waiter)

    def remove(self, waiter: Connection) -> None:
        if waiter in self.waiting:
            self.waiting.remove(waiter)

    def far(self, *_: object) -> bool:
        return self.is_long


class Decoder:
    """Decodes no picture before it may, and then finds none."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()

    async def decode(self, *_: object) -> Any:
        await self.may_end.wait()
        raise BadPicture("Expected a picture, got none")


class Explainer:
    """Explains nothing."""

    async def explain_newest(self, take: Callable[[], object]) -> None:
        take()
        raise UnknownModel("Expected the shap library")


class Line:
    """A websocket, and the shortcut beside it; what is sent is kept."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[Any] = asyncio.Queue()
        self.sent: list[Any] = []
        self.may_send = asyncio.Event()
        self.may_send.set()
        self.take_in: TakeIn | None = None
        self.is_held = False

    async def send(self, message: Any) -> None:
        await self.may_send.wait()
        text = message.get("text")
        self.sent.append(msgspec.json.decode(text) if text else message["code"])

    def deliver_to(self, take_in: TakeIn | None) -> None:
        self.take_in = take_in

    def hold(self) -> None:
        self.is_held = True

    def go_on(self) -> None:
        self.is_held = False

    def write_texts(self, next_text: NextText) -> None:
        while (text := next_text()) is not None:
            self.sent.append(msgspec.json.decode(text))


class Talk:
    """A connection that runs."""

    def __init__(self) -> None:
        self.queue, self.decoder, self.line = Queue(), Decoder(), Line()
        service: Any = SimpleNamespace(
            batcher=self.queue,
            metrics=Metrics(),
            settings=Settings(idle_s=60, session_s=600),
            models=[Model("m", True, "")],
            decoder=self.decoder,
            explainer=Explainer(),
        )
        self.connection = Connection(service, "127.0.0.1")
        running = self.connection.run(self.line.coming.get, self.line.send, self.line)
        self.running = asyncio.create_task(running)

    async def settle(self) -> None:
        for _ in range(8):
            await asyncio.sleep(0)

    async def say(self, *frames: str | bytes) -> None:
        """Have frames come that were read together."""
        assert self.line.take_in
        self.line.take_in(frames, False)
        await self.settle()

    def answer(self, judgement: Judgement = BLANK) -> None:
        """Cut a batch of one, and answer it."""
        item = self.connection.take()
        assert item
        self.connection.answer(item, Answer(judgement, None), CUT)  # type: ignore[arg-type]

    def fail(self) -> None:
        """Cut a batch of one, and fail it."""
        item = self.connection.take()
        assert item
        self.connection.fail(item, Internal("Expected a prediction, but the model failed"))

    async def flood(self) -> None:
        """Send more than is answered, while whole batches of others go first: it is not read."""
        self.queue.is_long = True
        await self.say(ink(0), ink(1))
        self.answer()
        await self.say(ink(2))
        assert self.line.is_held

    async def hang_up(self) -> None:
        self.line.coming.put_nowait({"type": "websocket.disconnect"})
        await self.running

    @property
    def told(self) -> list[Any]:
        """What was sent since the last call: types, and the code of a close."""
        sent, self.line.sent = self.line.sent, []
        return [message["type"] if isinstance(message, dict) else message for message in sent]


def ink(seq: int) -> bytes:
    return binary_ink(DRAWINGS["seven"], seq)


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    talk = Talk()
    await talk.settle()
    assert talk.told == ["ready"]
    yield talk
    talk.decoder.may_end.set()
    await talk.hang_up()


async def test_who_draws_is_not_idle(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock() + 100
    monkeypatch.setattr("live.connection.clock", lambda: later)
    await talk.say(ink(0))
    talk.connection.check(later + 59)
    await talk.settle()
    assert talk.told == []
    talk.connection.check(later + 61)
    await talk.settle()
    assert talk.told == [1001]


async def test_who_is_not_answered_is_told_at_once(talk: Talk) -> None:
    await talk.say(ink(0))
    talk.fail()
    await talk.settle()
    assert talk.told == ["error"]


@pytest.mark.parametrize("is_failed", [False, True])
async def test_a_flood_is_read_on_once_its_batch_is_done_with(talk: Talk, is_failed: bool) -> None:
    await talk.flood()
    talk.connection._pace._come_near()
    await talk.say(ink(9))
    assert talk.line.is_held
    talk.queue.is_long = False
    if is_failed:
        talk.fail()
    else:
        talk.answer()
    assert not talk.line.is_held


async def test_who_is_to_leave_goes_as_soon_as_the_last_answer_has_come(talk: Talk) -> None:
    await talk.say(ink(0))
    await talk.connection.leave(GoAway("restart", 0), 0)
    await talk.settle()
    assert talk.told == ["goaway"]
    talk.answer()
    await talk.settle()
    assert talk.told == ["prediction", 1012]


async def test_who_is_to_leave_is_read_to_the_end(talk: Talk) -> None:
    await talk.flood()
    leaving = asyncio.create_task(talk.connection.leave(GoAway("restart", 0), 0.01))
    await talk.settle()
    assert not talk.line.is_held
    await leaving


async def test_an_answer_does_not_overtake_what_is_being_sent(talk: Talk) -> None:
    await talk.say(ink(0))
    talk.line.may_send.clear()
    await talk.say("?")
    talk.answer()
    talk.line.may_send.set()
    await talk.settle()
    assert talk.told == ["error", "prediction"]


async def test_nothing_is_said_after_the_close(talk: Talk) -> None:
    await talk.say(ink(0), *["?"] * 9)
    talk.answer()
    await talk.settle()
    assert talk.told == ["error"] * 9 + [1007]


async def test_who_rests_is_read_at_the_second_check_at_the_latest(talk: Talk) -> None:
    await talk.flood()
    for _ in range(2):
        assert talk.line.is_held
        talk.connection.check(clock())
    assert not talk.line.is_held


async def test_a_bad_picture_is_told_at_once(talk: Talk) -> None:
    await talk.say(PICTURE)
    talk.decoder.may_end.set()
    await talk.settle()
    assert talk.told == ["error"]


async def test_who_goes_does_not_wait_for_a_picture_and_waits_for_no_batch(talk: Talk) -> None:
    await talk.say(PICTURE)
    await talk.say(ink(1))
    async with asyncio.timeout(1):
        await talk.hang_up()
    assert talk.queue.waiting == []


async def test_what_cannot_be_explained_is_told_at_once(talk: Talk) -> None:
    await talk.say('{"type":"configure","include":["explanation"]}', ink(0))
    talk.answer(Judgement("digit", 7, 1.0, [0.0] * 10))
    await talk.settle()
    assert talk.told == ["configured", "prediction", "error"]


async def test_an_old_session_says_goodbye_once_and_is_read_to_the_end(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock() + 601
    monkeypatch.setattr("live.connection.clock", lambda: later)
    await talk.flood()
    talk.connection.check(later)
    assert not talk.line.is_held
    await talk.settle()
    assert talk.told == ["prediction", "goaway"]
    talk.connection.check(later)
    talk.connection.check(later)
    await talk.settle()
    assert talk.told == []
    talk.answer()
    await talk.settle()
    assert talk.told == ["prediction", 1012]


async def test_who_is_told_of_a_restart_is_not_told_of_its_age(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock() + 601
    monkeypatch.setattr("live.connection.clock", lambda: later)
    await talk.say(ink(0))
    await talk.connection.leave(GoAway("restart", 0), 0)
    talk.connection.check(later)
    await talk.settle()
    assert talk.told == ["goaway"]
