"""A hand: one session of the load test, from its first frame to its last.

Lean, because a thousand of them share one process: no task and no queue of its own. Whoever paces it calls
`draw`; the websocket calls the rest.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from math import inf

import msgspec
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from live.load import mail
from live.load.alarm import clock
from live.load.books import Books, Guarantee, Terms
from live.load.frames import Motion, Stamp, masked
from live.load.mail import Fault, Limits, Message, Ready
from live.load.tally import Tally
from live.messages import Configured, GoAway, Prediction

_HIGHEST = 0xFFFFFFFF
"""Of seq and rev."""
_NO_CODE = 1005
_NO_CLOSE_FRAME = 1006


class Stage(Enum):
    """How far a session has come, by what it still lacks: each leads to the next.

    CONNECTED → CONFIGURING, if a model is asked for, → OPEN. A message that is not due leads nowhere.
    """

    CONNECTED = "no ready"
    CONFIGURING = "no configured"
    OPEN = ""


class Desk:
    """What the hands of one process share."""

    def __init__(self, motions: list[Motion], steps: int, stamp: Stamp, *, is_json: bool, model: str) -> None:
        self.motions = motions
        self.steps = steps
        self.stamp = stamp
        self.frame_type = WSMsgType.TEXT if is_json else WSMsgType.BINARY
        self.model = model
        """That is asked for, if any is."""
        self.configure = msgspec.json.encode({"type": "configure", "model": model}) if model else b""
        self.tally = Tally()
        self.limit_per_s: float | None = None
        """Snapshots a second that the server takes from a session, once it has said so."""
        self.is_drawing = True
        self.on_open: Callable[[Hand], None] = lambda _: None
        """Called when a session is open, and configured if that was asked for."""
        self.on_answer: Callable[[Hand], None] = lambda _: None
        """Called when a session's newest snapshot is answered."""
        self._points = max(motion.points for motion in motions)
        self._strokes = max(motion.strokes for motion in motions)
        self._bytes = max(len(stamp(motion.frames[-1], _HIGHEST, _HIGHEST)) for motion in motions)

    def accept(self, limits: Limits) -> Terms:
        """Note a server's limits, and return what they mean for a session."""
        self.limit_per_s = limits.snapshots_per_s
        is_oversized = (
            self._points > limits.points or self._strokes > limits.strokes or self._bytes > limits.frame_bytes
        )
        return Terms(limits.idle_s, is_oversized)


class Hand(WSListener):
    """One session: draws one drawing after the other, and keeps the books."""

    def __init__(self, desk: Desk, number: int, started_at: float) -> None:
        self.number = number
        self.started_at = started_at
        """When it began to connect; later by what then passes until its first snapshot is due."""
        self.books = Books(desk.steps)
        self.close_code: int | None = None
        self.closed_at = inf
        self.stage = Stage.CONNECTED
        self.is_decided = asyncio.Event()
        """Set once it is open, or never will be."""
        self.is_leaving = False
        self._desk = desk
        self._model = ""
        self._transport: WSTransport | None = None
        self._is_full = False
        self._withheld_since = 0.0
        self._parts = b""

    @property
    def is_open(self) -> bool:
        """It has been told that it may draw."""
        return self.stage is Stage.OPEN

    @property
    def is_done(self) -> bool:
        """Nothing more is to be expected of it."""
        return self.close_code is not None or (self.books.is_settled and not self.has_goodbye)

    @property
    def has_goodbye(self) -> bool:
        """The server has said that it is about to close, and is sent nothing more."""
        return self.books.goodbye_at < inf

    @property
    def unanswered(self) -> list[float]:
        """When the snapshots were due that still wait for an answer; of those held back, the first."""
        return self.books.unanswered + ([self._withheld_since] if self._withheld_since else [])

    def draw(self, *dues: float) -> None:
        """Send the next snapshots, which were due then; of several that are late, all in one piece."""
        frames = [frame for due in dues if (frame := self._frame(due)) is not None]
        if not (frames and self._transport):
            return
        kind = self._desk.frame_type
        if len(frames) == 1:
            self._transport.send(kind, frames[0])
        else:
            self._transport.underlying_transport.write(
                b"".join([masked(kind.value, each) for each in frames])
            )

    def _frame(self, due: float) -> bytes | bytearray | None:
        """Enter the next snapshot and return its frame; None if it can't be sent."""
        desk, books = self._desk, self.books
        if self._transport is None or not self.is_open or self.has_goodbye:
            return None
        due = self._withheld_since or due
        if self._is_full:
            # What a page would do: draw on, and send the newest once there is room again.
            self._withheld_since = due
            desk.tally.withheld += 1
            return None
        self._withheld_since = 0.0
        now = clock()
        seq = books.send(due, now)
        rev, step = divmod(seq, desk.steps)
        desk.tally.sent += 1
        desk.tally.lags.append(now - due)
        return desk.stamp(self._motion(rev).frames[step], seq, rev)

    def leave(self) -> None:
        """Close the websocket, as a client does."""
        self.is_leaving = True
        if self._transport:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def _motion(self, rev: int) -> Motion:
        # Everybody draws everything, each from another one on.
        motions = self._desk.motions
        return motions[(self.number * 7 + rev) % len(motions)]

    # ---- for the websocket

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Take the transport."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take in a frame of the server's."""
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self._end(int.from_bytes(frame.get_payload_as_bytes()[:2], "big") or _NO_CODE)
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif kind in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._parts += frame.get_payload_as_bytes()
            if frame.fin:
                text, self._parts = self._parts, b""
                self._read(text)
        elif kind == WSMsgType.BINARY:
            self.books.broken.add(Guarantee.FORM)

    def on_ws_disconnected(self, _: WSTransport) -> None:
        """Note the end: 1006 when there was no close frame."""
        self._transport = None
        if self.close_code is None:
            self._end(_NO_CLOSE_FRAME)
        self.is_decided.set()

    def pause_writing(self) -> None:
        """The socket is full: the server reads more slowly than we write."""
        self._is_full = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._is_full = False

    def _end(self, code: int) -> None:
        self.close_code, self.closed_at = code, clock()

    # ---- what came

    def _read(self, text: bytes) -> None:
        try:
            message = mail.read(text)
        except ValueError:
            self.books.broken.add(Guarantee.FORM)
        else:
            self._take(message)

    def _take(self, message: Message) -> None:
        stage = self.stage
        match message:
            case Prediction() if stage is Stage.OPEN:
                self._take_prediction(message)
            case Ready() if stage is Stage.CONNECTED:
                self._take_ready(message)
            case Configured() if stage is Stage.CONFIGURING and message.model == self._desk.model:
                self._open(message.model)
            case Fault() if stage is not Stage.CONNECTED:
                self._take_fault(message)
            case GoAway() if stage is not Stage.CONNECTED:
                self.books.say_goodbye(clock())
            case _:
                self.books.broken.add(Guarantee.FORM)

    def _take_ready(self, ready: Ready) -> None:
        desk = self._desk
        self.books.begin(desk.accept(ready.limits), self.started_at)
        if desk.configure and self._transport:
            self.stage = Stage.CONFIGURING
            self._transport.send(WSMsgType.TEXT, desk.configure)
        else:
            self._open(ready.default)

    def _open(self, model: str) -> None:
        self.stage = Stage.OPEN
        self._model = model
        self.is_decided.set()
        self._desk.on_open(self)

    def _take_fault(self, fault: Fault) -> None:
        desk = self._desk
        due = self.books.fault(fault.code, fault.seq)
        desk.tally.errors += 1
        if due is not None:
            desk.tally.waits.append(clock() - due)
        if fault.seq == self.books.sent - 1:
            desk.on_answer(self)

    def _take_prediction(self, told: Prediction) -> None:
        desk, books, seq = self._desk, self.books, told.seq
        tally = desk.tally
        now = clock()
        if not books.answered:
            tally.firsts.append(now - self.started_at)
        settled = books.predict(seq, told.rev, told.dropped)
        tally.answered += 1
        tally.batches += 1 / told.timing.batch
        tally.dropped += told.dropped
        tally.waits.extend([now - due for due in settled])
        if settled:
            tally.latencies.append(now - settled[-1])
        rev, step = divmod(seq, desk.steps)
        motion = self._motion(rev)
        if (motion.points > 0) == (told.verdict == "blank") or told.model != self._model:
            books.broken.add(Guarantee.FORM)
        if step == desk.steps - 1 and motion.label is not None:
            tally.judged += 1
            tally.right += told.digit == motion.label
        if seq == books.sent - 1:
            desk.on_answer(self)
