"""One websocket, pumped: a task that always drains it, a task that answers.

    frames ──▶ session.receive ──▶ batcher.put … batcher ──▶ session.answer ──▶ next_message ──▶ frames

What comes by the shortcut, and what is answered by it, wakes neither (shortcut.py).

Speaks ASGI itself, because at ten thousand messages a second every layer counts. Reading never waits for
predicting or sending: uvicorn stops reading a socket until its last frame is taken, so a loop that answered
before it received again would predict stale ink and miss pongs under load. It waits for one thing, a second
at most: while whole batches of others go first, what comes in could only be superseded (pace.py).
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Sequence

from starlette.types import Message, Receive, Send

from live import __version__, messages
from live.counts import Counts
from live.errors import LiveError
from live.gate import whose
from live.lanes import Cut
from live.messages import Close, GoAway, Ready
from live.prediction import Answer, tell
from live.service import Service
from live.session import Session, Waiting
from live.transport.pace import Pace
from live.transport.shortcut import Shortcut

clock = time.perf_counter

_TURN = 4
"""Frames taken in before everyone else gets a turn: a socket can hold thousands, all there at once."""
_BREAK_S = 1e-3
"""Pause before more is read from a client whose frame was refused. An event loop that is never idle hardly
lets the predict thread, which serves everybody else, have the interpreter lock."""
log = logging.getLogger(__name__)


class Connection:
    """Pumps between a websocket and its session; what the batcher knows as a waiter.

    What comes by the shortcut, or else the draining task, writes the session and wakes the batcher, and so
    does the decoding task, which exists while there are pictures; the batcher writes answers, and sends them
    where the socket takes them at once. What it does not take, and all else, it rings `_mail` for: the
    answering task sends it.
    """

    def __init__(self, service: Service, address: str) -> None:
        self.address = address
        self._batcher = service.batcher
        self._metrics = service.metrics
        self._settings = service.settings
        name = f"live-digits/{__version__}"
        limits = self._settings.limits
        self._id = uuid.uuid4().hex
        ready = Ready(messages.PROTOCOL, name, self._id, service.models, limits)
        self.session = Session(ready)
        self._mail = asyncio.Event()
        self._mail.set()
        self._shortcut: Shortcut | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._is_sending = False
        self._is_leaving = self._is_too_old = False
        self._pace = Pace(service.batcher)
        self._decoder = service.decoder
        self._decoding: asyncio.Task[None] | None = None
        self._explainer = service.explainer
        self._explaining: asyncio.Task[None] | None = None
        self._opened_at = self._heard_at = clock()

    async def run(self, receive: Receive, send: Send, shortcut: Shortcut | None = None) -> None:
        """Pump until either side closes the websocket; by the shortcut, where there is one and it is open."""
        self._shortcut = self._pace.shortcut = shortcut
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                answering = tasks.create_task(self._answer(send, tasks))
                if shortcut:
                    shortcut.deliver_to(self._take_in)
                # A task of its own: each wake-up runs down all its coroutines, and here there are few.
                await tasks.create_task(self._drain(receive))
                answering.cancel()
                for task in filter(None, (self._decoding, self._explaining)):
                    task.cancel()
        finally:
            self._pace.end()
            if shortcut:
                shortcut.deliver_to(None)
            self._shortcut = self._pace.shortcut = self._tasks = None
            self._batcher.remove(self)

    async def _drain(self, receive: Receive) -> None:
        """Take in what comes in ASGI's way: what comes by the shortcut does not come here."""
        frames = 0
        while (event := await receive())["type"] == "websocket.receive":
            together = [*event.get("earlier", ()), _frame(event)]
            self._take_in(together, event.get("has_more", True))
            frames += len(together)
            if self._pace.is_resting:
                frames = 0
                await self._pace.rest()
            elif frames >= _TURN:
                frames = 0
                await asyncio.sleep(0)

    def _take_in(self, frames: Sequence[str | bytes], has_more: bool) -> None:
        """Take in frames that were read together; has_more: others were, too, and come next."""
        session, pace = self.session, self._pace
        try:
            now = self._heard_at = clock()
            faults = session.faults
            # What supersedes a snapshot that waits finds its session queued.
            was_waiting = session.is_waiting
            if len(frames) == 1:
                session.receive(frames[0], now)
            else:
                session.receive_all(frames, now)
            if session.is_waiting and not was_waiting:
                pace.put(self)
            if was_waiting or len(frames) > 1:
                pace.superseded(has_more)
            if session.has_picture and not self._decoding and self._tasks:
                self._decoding = self._tasks.create_task(self._decode())
            if session.has_mail:
                self._mail.set()
            if session.faults > faults:
                pace.take_break(_BREAK_S)
        except Exception:
            # Out of here, it would end as the fault of the socket, and the client not be told.
            log.exception("A session failed")
            session.close = Close.INTERNAL
            self._mail.set()

    async def _decode(self) -> None:
        """Have pictures decoded, one at a time, always the newest, until none waits."""
        while (waiting := self.session.take_picture()) and (picture := waiting.snapshot.picture):
            try:
                self.session.decoded(waiting, await self._decoder.decode(picture, whose(self.address)))
            except LiveError as error:
                self.session.undecodable(waiting, error)
                self._mail.set()
            if self.session.is_waiting:
                self._batcher.put(self)
        self._decoding = None

    async def _explain(self) -> None:
        """Have predictions that were sent explained, one at a time, always the newest, until none is left."""
        while self.session.is_unexplained:
            try:
                explanation = await self._explainer.explain_newest(self.session.take_unexplained)
                if explanation:
                    self.session.explained(explanation)
            except LiveError as error:
                self.session.unexplainable(error)
            self._mail.set()
        self._explaining = None

    async def _answer(self, send: Send, tasks: asyncio.TaskGroup) -> None:
        # A client may go away while something is sent; the draining task is told of it, too. If the error
        # left this task, its traceback would be part of a reference cycle, and keep the session in memory
        # until the garbage collector came.
        with contextlib.suppress(OSError):
            await self._answer_until_closed(send, tasks)

    async def _answer_until_closed(self, send: Send, tasks: asyncio.TaskGroup) -> None:
        session, mail = self.session, self._mail
        while not session.close:
            await mail.wait()
            mail.clear()
            self._is_sending = True
            while (text := session.next_message()) is not None:
                await send({"type": "websocket.send", "text": text})
            self._is_sending = False
            if session.is_unexplained and not self._explaining:
                self._explaining = tasks.create_task(self._explain())
            if self._is_leaving and session.is_settled:
                session.close = Close.RESTART
        await send({"type": "websocket.close", "code": session.close.code, "reason": session.close.reason})

    # ---- for the service and the endpoint

    async def leave(self, message: GoAway, after_s: float) -> None:
        """Announce the end; after a while, close as soon as all that came in is answered."""
        self.session.go_away(message)
        self._mail.set()
        self._pace.end()
        await asyncio.sleep(after_s)
        self._is_leaving = True
        self._mail.set()

    def log_end(self) -> None:
        """Log how the session went: numbers only."""
        counts, close = self.counts, self.session.close
        log.info(
            "session ended",
            extra={
                "session": self._id,
                "seconds": round(clock() - self._opened_at, 1),
                "snapshots": counts.snapshots,
                "predictions": counts.verdicts.total(),
                "dropped": counts.dropped,
                "errors": counts.errors.total(),
                "close": close.code if close else None,
            },
        )

    @property
    def counts(self) -> Counts:
        """What the session has counted."""
        return self.session.counts

    def check(self, now: float) -> None:
        """Close the session if it has been idle for too long; say goodbye if it is too old.

        It is closed at the next check, when what was on its way is here. Its socket is read at least this
        often: closes and pongs may have come.
        """
        self._pace.check()
        if now - self._heard_at > self._settings.idle_s:
            self.session.close = Close.IDLE
        elif self._is_too_old:
            self._is_leaving = True
        elif now - self._opened_at > self._settings.session_s and not self._is_leaving:
            self._is_too_old = True
            self._pace.end()
            self.session.go_away(GoAway("age", 0))
        else:
            return
        self._mail.set()

    # ---- for the batcher

    @property
    def model(self) -> str:
        """The session's model."""
        return self.session.model

    def take(self) -> Waiting | None:
        """Hand out the session's newest snapshot."""
        waiting = self.session.take()
        self._pace.was_cut(is_in=waiting is not None)
        return waiting

    def answer(self, item: Waiting, answer: Answer, cut: Cut) -> None:
        """Hand the session its answer, and have it sent."""
        self._metrics.queue_wait_s.observe(cut.began_at - item.received_at)
        self._metrics.answer_s.observe(cut.done_at - item.received_at)
        self.session.answer(item, tell(item, answer, cut, self.session.include))
        self._post()
        self._pace.was_answered(self)

    def _post(self) -> None:
        """Send what there is to send at once, if that can be; the answering task does the rest."""
        session = self.session
        if self._shortcut and not (self._is_sending or session.close):
            self._shortcut.write_texts(session.next_message)
        if session.has_mail or session.is_unexplained or self._is_leaving:
            self._mail.set()

    def fail(self, item: Waiting, error: LiveError) -> None:
        """Tell the session that there will be no answer."""
        self.session.fail(item, error)
        self._mail.set()
        self._pace.was_answered(self)


def _frame(event: Message) -> str | bytes:
    """Take the text or the newest bytes out of an ASGI event, which may name the other as None."""
    text: str | None = event.get("text")
    if text is not None:
        return text
    data: bytes = event["bytes"]
    return data
