"""Random sessions on a live socket, against books of what the server must answer.

A state machine of Hypothesis: each step does something that a client might, in one of up to four sessions
that are open at once: configure, draw in JSON or binary, whole or in parts, send pictures, go back in seq or
rev, send nonsense, ping, stop reading for a while, close one half or both, vanish, break the websocket's
rules; and come anew. What breaks a promise is told in as few steps as it takes.
"""

import asyncio
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Coroutine
from struct import pack
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.chaos.promises import Broken
from tests.chaos.speaker import MAX_NONSENSE, Form, Speaker
from tests.conformance import SEVEN
from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.pages import draw, encoded
from tests.wire import MASK, NO_FRAME, Op, close, frame

_AT_ONCE = 4
_STEPS = 50
"""Of one example, at most."""
_PICTURE = encoded(draw("six", side=40), "PNG")
_NONSENSE = (b"", b"?", b"{}", b"[]", b'{"type":0}', b"\x09" * 11)
_BROKEN_STROKES = (b"[[[0]]]", b'[[["x",1]]]', b"7", b"[[[NaN,1]]]", b"[[[1e999,1]]]")
_BROKEN_FRAMES = (
    (frame(3, b"x"), 1002),
    (frame(Op.TEXT, b"{}", rsv=4), 1002),
    (frame(Op.TEXT, b"{}", mask=None), 1002),
    (frame(Op.PING, fin=False), 1002),
    (frame(Op.PING, bytes(126)), 1002),
    (frame(Op.CONTINUATION, b"x"), 1002),
    (frame(Op.TEXT, b"\xff\xfe"), 1007),
    (b"\x82\xff" + pack(">Q", 1 << 40) + MASK, 1009),
)
"""And the close code that RFC 6455 has for each."""
_WHOLE = [[(round(x * 20), round(y * 20)) for x, y in stroke] for d in DRAWINGS.values() for stroke in d]

_strokes = st.one_of(
    st.lists(st.sampled_from(_WHOLE), min_size=1, max_size=3),
    st.sampled_from([[], [[]], [[(5, 5)]], [[(0, 0)] * 40]]),
)
_forms = st.builds(
    Form, st.sampled_from((1, 1, 1, 2, 5)), st.none() | st.floats(0, 1), st.sampled_from((MASK, bytes(4)))
)
_gaps = st.sampled_from((1, 1, 1, 2, 100))
"""From one seq to the next."""


class Sessions(RuleBasedStateMachine):
    """Clients of one server; every step is counted."""

    speakers = Bundle("speakers")

    # What a session was told wrong shows when somebody waits for it: so the same steps end in the same way.

    def __init__(self, server: RunningServer, steps: Counter[str]) -> None:
        super().__init__()
        self._server = server
        self._steps = steps
        self._runner = asyncio.Runner()
        self._open: list[Speaker] = []

    def _do(self, name: str, act: Coroutine[Any, Any, None]) -> None:
        self._steps[name] += 1
        self._runner.run(act)

    # ---- coming and going

    @initialize(target=speakers)
    def begin(self) -> Speaker:
        """Have somebody there."""
        return self._enter()

    @precondition(lambda self: len(self._open) < _AT_ONCE)
    @rule(target=speakers)
    def enter(self) -> Speaker:
        """Open a session."""
        return self._enter()

    def _enter(self) -> Speaker:
        self._steps["enter"] += 1
        speaker = self._runner.run(Speaker.enter(self._server))
        self._open.append(speaker)
        return speaker

    @rule(speaker=consumes(speakers), code=st.sampled_from((1000, 1001, 4000)))
    def leave(self, speaker: Speaker, code: int) -> None:
        """Say goodbye."""

        async def act() -> None:
            await speaker.settle()
            await speaker.put(close(code))
            await speaker.end(code)

        self._end("leave", speaker, act())

    @rule(speaker=consumes(speakers), strokes=_strokes)
    def half_close(self, speaker: Speaker, strokes: Any) -> None:
        """Send no more; the server may hang up."""

        async def act() -> None:
            await speaker.send(Op.BINARY, binary_ink(strokes, *speaker.number()))
            speaker.wire.writer.write_eof()
            await speaker.end(NO_FRAME)

        self._end("half close", speaker, act())

    @rule(speaker=consumes(speakers), cut=st.integers(0, 60))
    def vanish(self, speaker: Speaker, cut: int) -> None:
        """Send a part of a frame, and reset the connection."""

        async def act() -> None:
            await speaker.put(frame(Op.BINARY, binary_ink(SEVEN, *speaker.number()))[:cut])
            speaker.wire.writer.transport.abort()
            await speaker.end(NO_FRAME)

        self._end("vanish", speaker, act())

    @rule(speaker=consumes(speakers), broken=st.sampled_from(_BROKEN_FRAMES))
    def break_frame(self, speaker: Speaker, broken: tuple[bytes, int]) -> None:
        """Break the websocket's rules."""

        async def act() -> None:
            # Whole: what comes after a close has the connection reset, and the close may not be read.
            await speaker.put(broken[0])
            await speaker.end(broken[1])

        self._end("break frame", speaker, act())

    def _end(self, name: str, speaker: Speaker, act: Coroutine[Any, Any, None]) -> None:
        self._do(name, act)
        self._open.remove(speaker)

    # ---- what is right

    @rule(speaker=speakers, drawings=st.lists(_strokes, min_size=1, max_size=8), form=_forms, gap=_gaps,
          is_new=st.booleans())  # fmt: skip
    def draw(self, speaker: Speaker, drawings: Any, form: Form, gap: int, is_new: bool) -> None:
        """Draw in binary."""

        async def act() -> None:
            for strokes in drawings:
                await speaker.send(Op.BINARY, binary_ink(strokes, *speaker.number(gap, is_new)), form)

        self._do("draw", act())

    @rule(speaker=speakers, strokes=_strokes, form=_forms, gap=_gaps, is_new=st.booleans())
    def draw_json(self, speaker: Speaker, strokes: Any, form: Form, gap: int, is_new: bool) -> None:
        """Draw in JSON."""
        seq, rev = speaker.number(gap, is_new)
        ink = {"type": "ink", "seq": seq, "rev": rev, "strokes": strokes}
        self._do("draw json", speaker.send(Op.TEXT, json.dumps(ink).encode(), form))

    @rule(speaker=speakers, form=_forms)
    def show_picture(self, speaker: Speaker, form: Form) -> None:
        """Send a picture."""
        # Those aren't to be explained: that takes a library which loads for seconds, or isn't there.
        if not speaker.books.is_explained:
            speaker.has_shown = True
            data = pack("<BBHII", 2, 1, 0, *speaker.number()) + _PICTURE
            self._do("show picture", speaker.send(Op.BINARY, data, form))

    @rule(speaker=speakers, model=st.sampled_from(("mlp", "compact")), has_input=st.booleans(),
          is_explained=st.booleans(), form=_forms)  # fmt: skip
    def configure(
        self, speaker: Speaker, model: str, has_input: bool, is_explained: bool, form: Form
    ) -> None:
        """Configure."""
        include = ["input"] * has_input + ["explanation"] * (is_explained and not speaker.has_shown)
        speaker.expect_configured(model, include)
        wanted = {"type": "configure", "model": model, "include": include}
        self._do("configure", speaker.send(Op.TEXT, json.dumps(wanted).encode(), form))

    @rule(speaker=speakers, payload=st.binary(max_size=125))
    def ping(self, speaker: Speaker, payload: bytes) -> None:
        """Ping."""
        speaker.books.pings.append(payload)
        self._do("ping", speaker.put(frame(Op.PING, payload)))

    @rule(speaker=speakers)
    def pause(self, speaker: Speaker) -> None:
        """Read nothing for a while, or everything again."""
        self._do("pause", speaker.turn_reading())

    @rule(speaker=speakers)
    def settle(self, speaker: Speaker) -> None:
        """Wait for everything that is owed, and check it."""
        self._do("settle", speaker.settle())

    # ---- what is wrong

    @precondition(lambda self: any(speaker.seq >= 0 for speaker in self._open))
    @rule(speaker=speakers, is_rev=st.booleans(), form=_forms)
    def go_back(self, speaker: Speaker, is_rev: bool, form: Form) -> None:
        """Send a seq again, or a lower rev."""
        if speaker.seq < 0:
            return
        is_rev = is_rev and speaker.rev > 0
        seq, rev = (speaker.seq + 1, speaker.rev - 1) if is_rev else (speaker.seq, speaker.rev)
        speaker.expect_error("stale_seq", is_numbered=True)
        self._do("go back", speaker.send(Op.BINARY, binary_ink(SEVEN, seq, rev), form))

    @rule(speaker=speakers, form=_forms)
    def misconfigure(self, speaker: Speaker, form: Form) -> None:
        """Ask for a model that is not there."""
        speaker.expect_error("unknown_model")
        self._do("misconfigure", speaker.send(Op.TEXT, b'{"type":"configure","model":"nobody"}', form))

    @rule(speaker=speakers, op=st.sampled_from((Op.TEXT, Op.BINARY)), nonsense=st.sampled_from(_NONSENSE),
          form=_forms)  # fmt: skip
    def talk_nonsense(self, speaker: Speaker, op: Op, nonsense: bytes, form: Form) -> None:
        """Send what is no message."""
        if speaker.nonsense < MAX_NONSENSE:
            speaker.expect_error("bad_message", is_nonsense=True)
            self._do("talk nonsense", speaker.send(op, nonsense, form))

    @rule(speaker=speakers, noise=st.binary(min_size=60, max_size=60), form=_forms)
    def show_no_picture(self, speaker: Speaker, noise: bytes, form: Form) -> None:
        """Send a picture that is none."""
        self._do("show no picture", speaker.show_no_picture(noise, form))

    @rule(speaker=speakers, strokes=st.none() | st.sampled_from(_BROKEN_STROKES), form=_forms)
    def break_ink(self, speaker: Speaker, strokes: bytes | None, form: Form) -> None:
        """Send ink that can't be read."""
        if speaker.nonsense < MAX_NONSENSE:
            self._do("break ink", speaker.break_ink(strokes, form))

    def teardown(self) -> None:
        """Have everybody's books checked."""

        async def act() -> None:
            for speaker in self._open:
                await speaker.settle()

        try:
            # Who stops it also stops the server, and it isn't that which broke a promise.
            if not isinstance(sys.exception(), KeyboardInterrupt):
                self._runner.run(act())
        finally:
            for speaker in self._open:
                with contextlib.suppress(OSError):
                    self._runner.run(speaker.wire.hang_up())
            self._runner.close()


def fuzz(server: RunningServer, steps: int, number: int) -> Counter[str]:
    """Take at least so many steps, by a seed; count them by kind. Raises Broken with the steps to it."""
    done: Counter[str] = Counter()
    while done.total() < steps:

        def make() -> Sessions:
            return Sessions(server, done)

        run_state_machine_as_test(
            seed(number + done.total())(make),  # type: ignore[arg-type]
            settings=settings(
                max_examples=-(-(steps - done.total()) // _STEPS),
                stateful_step_count=_STEPS,
                deadline=None,
                database=None,
                report_multiple_bugs=False,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    return done


def run(steps: int, number: int) -> bool:
    """Fuzz a server of its own, print what was done, and return whether that and the server ended well."""
    with running_server() as server:
        try:
            done = fuzz(server, steps, number)
        except Broken as broken:
            print(f"{broken}\n" + "\n".join(getattr(broken, "__notes__", [])))
            return False
        code = server.stop()
    print(f"{done.total():,} steps: {', '.join(f'{name} {n:,}' for name, n in done.most_common())}")
    print(f"Everything promised was kept; exit code {code}")
    return code == 0
