"""A session: one websocket's state, without the websocket.

Between parsing and batcher: in come frames and answers, out come snapshots to predict and messages to send.
It does no I/O and reads no clock, so every order of events can be tested. One event loop owns it; its
connection calls `receive` and `next_message`, the batcher `take`, `answer` and `fail`.

What a session holds is bounded: the newest waiting snapshot, the newest unsent prediction, and a few
messages. An older snapshot or prediction is replaced, and counted in the next prediction's `dropped`, so that

    predictions + Σ dropped + errors naming a seq = snapshots received

holds whatever the client does, as soon as nothing waits and all is sent; only what was superseded by a
snapshot that turned out faulty, or failed, is still to be counted, by the next prediction.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from live import messages, parsing
from live.counts import Counts
from live.errors import LiveError, StaleSeq, UnknownModel
from live.explaining.explanation import Explanation
from live.ink import Image
from live.messages import (
    Close,
    Configure,
    Configured,
    Error,
    Frame,
    GoAway,
    Include,
    Prediction,
    Ready,
    Snapshot,
)
from live.patience import Patience

MAX_UNSENT_MESSAGES = 256
"""Errors and confirmations waiting for a client that does not read; one more and the session is closed."""


class Waiting(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A snapshot on its way to an answer."""

    snapshot: Snapshot
    received_at: float
    """Seconds on the connection's clock."""
    image: Image | None = None
    """What a picture was decoded to."""


class Session:
    """The state of one session.

    A snapshot goes waiting → taken → answered or failed, a picture before that waiting → decoding; one that
    is superseded while it waits goes no further. The session is open until `close` says why it is to be
    closed, and takes nothing from then on.
    """

    def __init__(self, ready: Ready) -> None:
        self._limits = ready.limits
        self._models: Mapping[str, bool] = {model.name: model.default for model in ready.models}
        self.model = next(name for name, is_default in self._models.items() if is_default)
        self.include: tuple[Include, ...] = ()
        self.close: Close | None = None
        self.counts = Counts()
        self.faults = 0
        """Frames that something was wrong with."""

        self._last_seq = -1
        self._last_rev = 0
        self._waiting: Waiting | None = None
        self._picture: Waiting | None = None
        self._decoding: Waiting | None = None
        self._taken = 0
        self._messages: deque[Ready | Configured | Error | GoAway] = deque([ready])
        self._prediction: Prediction | None = None
        self._answered: Waiting | None = None
        self._unexplained: tuple[Waiting, Prediction] | None = None
        self._explanation: Explanation | None = None
        self._dropped = 0
        self._patience = Patience(ready.limits.snapshots_per_s)

    # ---- from the client

    def receive(self, frame: str | bytes, now: float) -> None:
        """Take in a frame that came at `now` (seconds); what is wrong with it becomes an error message."""
        if self.close:
            return
        try:
            message = parsing.decode(frame, self._limits)
            if isinstance(message, Snapshot):
                self._accept(message, now)
            else:
                self._configure(message, now)
        except LiveError as error:
            self.faults += 1
            self._send(messages.error_message(error))
            self.counts.snapshots += error.seq is not None
            self.close = self._patience.end(error, isinstance(frame, str), now) or self.close

    def receive_all(self, frames: Sequence[str | bytes], now: float) -> None:
        """Take in frames that came together: what `receive` makes of one after the other, faster."""
        at = 0
        while at < len(frames):
            count = self._receive_ink(frames, at, now)
            if not count:
                self.receive(frames[at], now)
            at += count or 1

    def _receive_ink(self, frames: Sequence[str | bytes], at: int, now: float) -> int:
        """Take in binary ink from one frame on, as far as nothing is wrong with it → how many frames it was.

        Of ink that the next frame supersedes, only the numbers matter.
        """
        if self.close or not self._patience.allows(now, len(frames) - at):
            return 0
        check, limits, seq, rev = parsing.check_ink, self._limits, self._last_seq, self._last_rev
        points: tuple[int, ...] = ()
        count = 0
        # What `_stale` says of each; a call a frame would take a fifth of the time.
        for frame in islice(frames, at, None):
            ink = check(frame, limits)
            if not ink or ink[0] <= seq or ink[1] < rev:
                break
            seq, rev, points = ink
            count += 1
        if count:
            newest = frames[at + count - 1]
            assert isinstance(newest, bytes)
            self._patience.note(now, count)
            self._count(seq, rev, count)
            self._drop(count - 1)
            self._wait(Waiting(Snapshot(seq, rev, Frame(newest, points)), now))
        return count

    def _configure(self, wanted: Configure, now: float) -> None:
        self._patience.charge(now)
        if wanted.model is not None and wanted.model not in self._models:
            raise UnknownModel(f"Expected one of the models {', '.join(self._models)}, got another")
        self.model = wanted.model or self.model
        if wanted.include is not None:
            self.include = tuple(dict.fromkeys(wanted.include))
        self._send(Configured(self.model, list(self.include)))

    def _accept(self, snapshot: Snapshot, now: float) -> None:
        self._patience.charge(now, snapshot.seq)
        if wrong := self._stale(snapshot.seq, snapshot.rev):
            raise StaleSeq(wrong, snapshot.seq)
        self._count(snapshot.seq, snapshot.rev)
        if snapshot.picture:
            if self._picture:
                self._drop()
            self._picture = Waiting(snapshot, now)
        else:
            self._wait(Waiting(snapshot, now))

    def _stale(self, seq: int, rev: int) -> str | None:
        """Say what is wrong with a snapshot's numbers, if anything is."""
        if seq <= self._last_seq:
            return f"Expected a seq over {self._last_seq}, got {seq}"
        return f"Expected a rev of at least {self._last_rev}, got {rev}" if rev < self._last_rev else None

    def _count(self, seq: int, rev: int, count: int = 1) -> None:
        self._last_seq, self._last_rev = seq, rev
        self.counts.snapshots += count

    def _wait(self, ink: Waiting) -> None:
        """Have ink wait, which supersedes whatever does."""
        if self._waiting:
            self._drop()
        if self._picture:
            self._drop()
        if self._decoding:
            self._drop()
        self._waiting, self._picture, self._decoding = ink, None, None

    # ---- for the decoder

    @property
    def has_picture(self) -> bool:
        """A picture waits to be decoded."""
        return self._picture is not None

    def take_picture(self) -> Waiting | None:
        """Hand out the newest picture; it must come back through `decoded` or `undecodable` before the next.

        While one is being decoded, newer ones replace each other, and it is still answered: else a client
        that sends faster than pictures decode would see nothing. Newer ink supersedes it.
        """
        self._decoding, self._picture = self._picture, None
        return self._decoding

    def decoded(self, picture: Waiting, image: Image) -> None:
        """Take back a picture as an image (28, 28); it waits to be predicted."""
        if self._decoding is not picture:
            return
        self._decoding = None
        if self._waiting:
            self._drop()
        self._waiting = msgspec.structs.replace(picture, image=image)

    def undecodable(self, picture: Waiting, error: LiveError) -> None:
        """Take back a picture that could not be decoded."""
        if self._decoding is not picture:
            return
        self._decoding = None
        self._send(messages.error_message(error, picture.snapshot.seq))

    # ---- for the batcher

    @property
    def is_waiting(self) -> bool:
        """A snapshot waits to be predicted."""
        return self._waiting is not None

    def take(self) -> Waiting | None:
        """Hand out the newest snapshot, if one waits; it must come back through `answer` or `fail`."""
        waiting, self._waiting = self._waiting, None
        if waiting:
            self._taken += 1
        return waiting

    def answer(self, taken: Waiting, prediction: Prediction) -> None:
        """Take back a snapshot with its prediction; it replaces one that could not be sent yet."""
        self._taken -= 1
        if self._prediction:
            self._drop()
        self._prediction, self._answered = prediction, taken

    def fail(self, taken: Waiting, error: LiveError) -> None:
        """Take back a snapshot that could not be answered."""
        self._taken -= 1
        self._send(messages.error_message(error, taken.snapshot.seq))

    # ---- for the explainer

    def _await_explanation(self, prediction: Prediction) -> None:
        """Have the prediction that is being sent explained next, unless there is nothing to explain."""
        taken, self._explanation = self._answered, None
        self._unexplained = (taken, prediction) if taken and prediction.digit is not None else None

    @property
    def is_unexplained(self) -> bool:
        """A prediction was sent that awaits its explanation."""
        return self._unexplained is not None

    def take_unexplained(self) -> tuple[Waiting, Prediction] | None:
        """Hand out the newest prediction that was sent and awaits its explanation, with its snapshot."""
        unexplained, self._unexplained = self._unexplained, None
        return unexplained

    def explained(self, explanation: Explanation) -> None:
        """Take an explanation to be sent, unless the drawing was begun afresh or nobody wants it now."""
        if "explanation" in self.include and explanation.rev == self._last_rev:
            self._explanation = explanation

    def unexplainable(self, error: LiveError) -> None:
        """Take the news that a prediction can't be explained; it was answered all the same."""
        self._send(messages.error_message(error))

    # ---- to the client

    def go_away(self, message: GoAway) -> None:
        """Announce that the session is about to end."""
        self._send(message)

    def next_message(self) -> str | None:
        """Hand out what to send next, encoded: messages first, then the prediction, then its explanation."""
        if self._messages:
            return messages.encode(self._messages.popleft())
        if self._prediction:
            prediction, self._prediction = self._prediction, None
            prediction.dropped, self._dropped = self._dropped, 0
            self.counts.verdicts[prediction.verdict] += 1
            if "explanation" in self.include:
                self._await_explanation(prediction)
            return messages.encode(prediction)
        if self._explanation:
            explanation, self._explanation = self._explanation, None
            return messages.encode(explanation)
        return None

    @property
    def has_mail(self) -> bool:
        """Something is to be sent, or the session to be closed."""
        return bool(self._messages or self._prediction or self._explanation or self.close)

    @property
    def is_settled(self) -> bool:
        """Everything received is answered, and every answer has been handed out to be sent."""
        is_owed = self._waiting or self._picture or self._decoding or self._taken
        return not (is_owed or self._messages or self._prediction)

    def _drop(self, count: int = 1) -> None:
        self._dropped += count
        self.counts.dropped += count

    def _send(self, message: Configured | Error | GoAway) -> None:
        if isinstance(message, Error):
            self.counts.errors[message.code] += 1
        self._messages.append(message)
        if len(self._messages) > MAX_UNSENT_MESSAGES:
            self.close = Close.FLOODING
