"""The doorman: who is handed a connection."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from typing import Any

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


def test_a_burst_goes_to_who_has_the_fewest_with_it(channels: list[Channel]) -> None:
    listener: Any = None
    # The board counts a session only once it is let in.
    doorman = Doorman(listener, lambda: [60, 0])
    for row, (channel, _) in enumerate(channels):
        doorman.add(channel, row)
    chosen = [doorman._choose() for _ in range(200)]
    assert [chosen.count(channel) for channel, _ in channels] == [70, 130]


class Scarce:
    """A listener that has no file for a connection at first, and is closed in the end."""

    def __init__(self) -> None:
        self.tries = 0

    def accept(self) -> None:
        self.tries += 1
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def fileno(self) -> int:
        return -1 if self.tries == 4 else 3


def test_it_rests_while_no_file_is_left_for_a_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rests: list[float] = []
    monkeypatch.setattr("live.workers.doorman.time.sleep", rests.append)
    listener: Any = Scarce()
    Doorman(listener, lambda: [])._run()
    assert len(rests) == 3
    assert caplog.text.count("A connection could not be taken: Too many open files") == 3
