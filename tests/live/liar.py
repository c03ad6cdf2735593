"""A server that keeps to the form of the protocol, and breaks one promise of it on purpose."""

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from live.messages import Model
from tests.live.fake_server import READY

Message = dict[str, Any]
Frame = Message | str | bytes | int
"""A message; any other text, where surrogates stand for bytes that are none; bytes; a code to close with."""
Answer = Callable[[int, int], list[Frame]]
"""A snapshot's seq and rev → what to answer with."""

GREETING: list[Message] = [
    json.loads(msgspec.json.encode(msgspec.structs.replace(READY, models=[Model("liar", True, "lies")])))
]
GOODBYE: Message = {"type": "goaway", "reason": "restart", "after_ms": 0}

CONFIGURED: Message = {"type": "configured", "model": "liar", "include": []}

_LIKELY = [0.01, 0.91, *[0.01] * 8]


def prediction(seq: int, rev: int, dropped: int = 0, **changes: Any) -> Message:
    """Say what an honest server would, with changes."""
    return {
        "type": "prediction",
        "seq": seq,
        "rev": rev,
        "model": "liar",
        "verdict": "digit",
        "digit": 1,
        "confidence": 0.91,
        "probabilities": _LIKELY,
        "dropped": dropped,
        "timing": {"queue_ms": 0.1, "predict_ms": 0.2, "batch": 1},
        **changes,
    }


def error(code: str, seq: int | None = None) -> Message:
    """Refuse a snapshot."""
    return {"type": "error", "code": code, "message": "Expected the truth", "seq": seq, "retryable": False}


def honest(seq: int, rev: int) -> list[Frame]:
    """Answer every snapshot."""
    return [prediction(seq, rev)]


def saying(**changes: Any) -> Answer:
    """Answer every snapshot with changes to what is honest."""
    return lambda seq, rev: [prediction(seq, rev, **changes)]


def adding(*frames: Frame) -> Answer:
    """Answer every snapshot, and say something else as well."""
    return lambda seq, rev: [*frames, prediction(seq, rev)]


def drops_without_counting(seq: int, rev: int) -> list[Frame]:
    """Leave one snapshot out, never the last, and say nothing of it."""
    return [] if seq == 1 else [prediction(seq, rev)]


def counts_too_many(seq: int, rev: int) -> list[Frame]:
    """Say that more were dropped than were sent."""
    return [prediction(seq, rev, dropped=1)]


def falls_back(seq: int, rev: int) -> list[Frame]:
    """Answer an old snapshot again."""
    return [prediction(seq - 5, max(seq - 5, 0) // 4) if seq == 9 else prediction(seq, rev)]


def answers_the_unsent(seq: int, rev: int) -> list[Frame]:
    """Answer what nobody has drawn."""
    return [prediction(seq + 1000, rev)]


def mixes_up_drawings(seq: int, rev: int) -> list[Frame]:
    """Answer for another drawing than the snapshot's."""
    return [prediction(seq, rev + 1)]


def falls_silent(seq: int, rev: int) -> list[Frame]:
    """Answer no more after a while."""
    return [prediction(seq, rev)] if seq < 6 else []


def hangs_up(seq: int, rev: int) -> list[Frame]:
    """Close the websocket without a goodbye."""
    return [prediction(seq, rev) if seq < 6 else 1000]


def counts_ahead(seq: int, rev: int) -> list[Frame]:
    """Count a snapshot as dropped before it is sent."""
    return [] if seq == 1 else [prediction(seq, rev, dropped=int(seq == 0))]


def pays_with_an_error(seq: int, rev: int) -> list[Frame]:
    """Leave one snapshot out, and refuse the next twice, so that the sum is right."""
    refused: list[Frame] = [error("internal", seq)] * 2
    return {1: [], 2: refused}.get(seq, honest(seq, rev))


def refuses_half(seq: int, rev: int) -> list[Frame]:
    """Refuse what is as good as the other half."""
    return [error("bad_message", seq)] if seq % 2 else honest(seq, rev)


def leaves_unanswered(seq: int, rev: int) -> list[Frame]:
    """Answer no more, and say goodbye only long after."""
    if seq == 1:
        Event().wait(0.3)
        return [GOODBYE, 1012]
    return honest(seq, rev)


def leaves_otherwise(seq: int, rev: int) -> list[Frame]:
    """Say goodbye, and close as the protocol does not know it."""
    return [*honest(seq, rev), GOODBYE, 4321] if seq == 2 else honest(seq, rev)


def never_leaves(seq: int, rev: int) -> list[Frame]:
    """Say goodbye, and stay."""
    return [*honest(seq, rev), GOODBYE] if seq == 2 else honest(seq, rev)


def closing(code: int) -> Answer:
    """Close while everybody draws."""

    def close(seq: int, rev: int) -> list[Frame]:
        return [*honest(seq, rev), code] if seq == 2 else honest(seq, rev)

    return close


@contextmanager
def running_liar(
    answer: Answer,
    greet: Callable[[], Sequence[Frame]] = lambda: GREETING,
    configured: Sequence[Frame] = (),
) -> Iterator[str]:
    """Run such a server; give its URL. configured: what it says to who wants it configured."""

    def converse(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            _tell(socket, greet())
            for frame in socket:
                if isinstance(frame, bytes):
                    _, _, _, seq, rev = struct.unpack_from("<BBHII", frame)
                    _tell(socket, answer(seq, rev))
                else:
                    _tell(socket, configured)

    with serve(converse, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/live"
        finally:
            server.shutdown()
            thread.join()


def _tell(socket: ServerConnection, frames: Sequence[Frame]) -> None:
    for frame in frames:
        match frame:
            case dict():
                socket.send(json.dumps(frame))
            case str():
                socket.send(frame.encode(errors="surrogateescape"), text=True)
            case bytes():
                socket.send(frame)
            case int():
                socket.close(frame)
