"""A server that keeps to the form of the protocol, and breaks one promise of it on purpose."""

import json
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from websockets.sync.server import ServerConnection, serve

Answer = Callable[[int, int], list[dict[str, Any]] | None]
"""A snapshot's seq and rev → the messages to answer with; None closes the websocket."""


def prediction(seq: int, rev: int, dropped: int = 0) -> dict[str, Any]:
    """Say what an honest server would, as far as a load tester looks."""
    return {"type": "prediction", "seq": seq, "rev": rev, "digit": 1, "dropped": dropped}


def honest(seq: int, rev: int) -> list[dict[str, Any]]:
    """Answer every snapshot."""
    return [prediction(seq, rev)]


def drops_without_counting(seq: int, rev: int) -> list[dict[str, Any]]:
    """Leave one snapshot out, never the last, and say nothing of it."""
    return [] if seq == 1 else [prediction(seq, rev)]


def counts_too_many(seq: int, rev: int) -> list[dict[str, Any]]:
    """Say that more were dropped than were sent."""
    return [prediction(seq, rev, dropped=1)]


def falls_back(seq: int, rev: int) -> list[dict[str, Any]]:
    """Answer an old snapshot again."""
    return [prediction(seq - 5, max(seq - 5, 0) // 4) if seq == 9 else prediction(seq, rev)]


def answers_the_unsent(seq: int, rev: int) -> list[dict[str, Any]]:
    """Answer what nobody has drawn."""
    return [prediction(seq + 1000, rev)]


def mixes_up_drawings(seq: int, rev: int) -> list[dict[str, Any]]:
    """Answer for another drawing than the snapshot's."""
    return [prediction(seq, rev + 1)]


def falls_silent(seq: int, rev: int) -> list[dict[str, Any]]:
    """Answer no more after a while."""
    return [prediction(seq, rev)] if seq < 6 else []


def hangs_up(seq: int, rev: int) -> list[dict[str, Any]] | None:
    """Close the websocket without a goodbye."""
    return [prediction(seq, rev)] if seq < 6 else None


def babbles(seq: int, rev: int) -> list[dict[str, Any]]:
    """Send what the protocol does not know."""
    return [{"type": "gossip"}, prediction(seq, rev)]


@contextmanager
def running_liar(answer: Answer) -> Iterator[str]:
    """Run such a server; give its URL."""

    def converse(socket: ServerConnection) -> None:
        socket.send(json.dumps({"type": "ready", "protocol": 1}))
        for frame in socket:
            assert isinstance(frame, bytes)
            _, _, _, seq, rev = struct.unpack_from("<BBHII", frame)
            messages = answer(seq, rev)
            if messages is None:
                return
            for message in messages:
                socket.send(json.dumps(message))

    with serve(converse, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/live"
        finally:
            server.shutdown()
            thread.join()
