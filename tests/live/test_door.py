"""The door: connections come in one by one."""

import asyncio
import os
import resource
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from live.transport.door import Door
from live.transport.listening import hand_over, take_over


class Guests:
    """Who stands before a door, and who came in."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.clients: list[socket.socket] = []
        self.entered = 0
        self.faults: list[OSError | EOFError] = []
        """What goes wrong before the next is taken."""
        self.takes: list[int] = []
        """How many had been taken at each turn of the loop that took one."""
        self.turn = 0

    def knock(self, count: int) -> None:
        """Have so many stand before the door."""
        self.clients += [socket.create_connection(self.listener.getsockname()) for _ in range(count)]

    def take(self) -> socket.socket:
        if self.faults:
            raise self.faults.pop()
        self.takes.append(self.turn)
        return self.listener.accept()[0]

    def make_protocol(self) -> asyncio.Protocol:
        self.entered += 1
        return asyncio.Protocol()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Count turns until it is so."""
        async with asyncio.timeout(10):
            while not is_so():
                self.turn += 1
                await asyncio.sleep(0)


@pytest_asyncio.fixture
async def guests() -> AsyncIterator[Guests]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Guests(listener)
        yield found
        for client in found.clients:
            client.close()


def _door(guests: Guests) -> Door:
    return Door(guests.listener, guests.take, guests.make_protocol, None, 1.0)


async def test_no_two_come_in_in_one_turn(guests: Guests) -> None:
    door = _door(guests)
    guests.knock(5)
    door.open()
    await guests.until(lambda: guests.entered == 5)
    assert len(set(guests.takes)) == 5
    door.close()
    await door.wait_closed()


async def test_a_closed_door_leaves_them_where_they_are(guests: Guests) -> None:
    door = _door(guests)
    door.open()
    door.close()
    guests.knock(1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert guests.entered == 0
    guests.listener.accept()[0].close()


async def test_without_a_file_left_it_tries_again(guests: Guests, caplog: pytest.LogCaptureFixture) -> None:
    guests.faults = [OSError(24, "Too many open files"), OSError(24, "Too many open files")]
    door = _door(guests)
    guests.knock(1)
    door.open()
    await guests.until(lambda: guests.entered == 1)
    assert caplog.text.count("Too many open files") == 1
    door.close()
    await door.wait_closed()


async def test_it_closes_when_who_hands_them_over_has_gone(guests: Guests) -> None:
    guests.faults = [EOFError()]
    door = _door(guests)
    guests.knock(1)
    door.open()
    await guests.until(lambda: not guests.faults)
    for _ in range(20):
        await asyncio.sleep(0)
    assert guests.entered == 0


def test_a_connection_for_which_no_file_is_left_is_told_as_such() -> None:
    near, far = socket.socketpair()
    with near, far, socket.create_server(("127.0.0.1", 0)) as connection:
        hand_over(near, connection)
        next_free = os.dup(near.fileno())
        os.close(next_free)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_free, before[1]))
        try:
            with pytest.raises(OSError, match="Too many open files"):
                take_over(far)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        hand_over(near, connection)
        with take_over(far) as taken:
            assert taken.getsockname() == connection.getsockname()
