"""The doorman: who is handed a connection."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from live.transport.listening import take_over
from live.workers.doorman import Doorman

Channel = tuple[socket.socket, socket.socket]
"""A worker's: the doorman's end, and its own."""


@pytest.fixture
def channels() -> Iterator[list[Channel]]:
    """Two workers' channels, each with room for a few connections."""
    with contextlib.ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(2)]
        for ours, theirs in pairs:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
            theirs.settimeout(10)
            stack.enter_context(ours)
            stack.enter_context(theirs)
        yield pairs


def test_a_worker_that_takes_nothing_holds_up_nobody(channels: list[Channel]) -> None:
    (hanging, _), (sound, taken) = channels
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        # Nobody enters where nobody is let in: the one that hangs seems to be the emptiest.
        doorman = Doorman(listener, lambda: [0, 10])
        doorman.add(hanging, 0)
        doorman.add(sound, 1)
        doorman.start()
        for _ in range(64):
            stack.enter_context(socket.create_connection(listener.getsockname()))
        with take_over(taken) as connection:
            assert connection.getsockname() == listener.getsockname()
