"""Places: how many may do something at once, in all and from one address."""

import asyncio
from contextlib import suppress

import pytest

from live.errors import Overloaded
from live.places import Places


async def test_one_address_does_not_take_them_all() -> None:
    places = Places(3, "uploads", 2)
    for _ in range(2):
        places.take("a")
    with pytest.raises(Overloaded, match="Expected at most 2 uploads at once from one address"):
        places.take("a")
    places.take("b")
    with pytest.raises(Overloaded, match="Expected at most 3 uploads at once, got one more"):
        places.take("c")
    places.give_back("a")
    places.take("a")


async def test_this_machine_may_take_them_all() -> None:
    places = Places(3, "uploads", 2)
    for _ in range(3):
        places.take("")


async def test_a_place_is_given_back_by_who_fails_too() -> None:
    places = Places(1, "pictures")
    for _ in range(2):
        with suppress(ZeroDivisionError), places.one():
            with pytest.raises(Overloaded, match="Expected at most 1 pictures at once"):
                places.take()
            raise ZeroDivisionError


async def test_who_waits_until_all_are_free_waits_for_the_last() -> None:
    places = Places(2, "uploads")
    await places.until_free()
    places.take()
    places.take()
    waiting = asyncio.create_task(places.until_free())
    places.give_back()
    await asyncio.sleep(0)
    assert not waiting.done()
    places.give_back()
    await waiting
