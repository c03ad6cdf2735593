"""Turns: who is next, and what becomes of a turn that nobody wants any more."""

import asyncio

import pytest

from live.turns import Turns


async def test_everybody_has_a_turn_however_much_one_asks_for() -> None:
    turns, order = Turns(["it"]), list[str]()

    async def ask(who: str, number: int) -> None:
        it = await turns.take(who)
        order.append(f"{who}{number}")
        turns.give_back(it)

    it = await turns.take("z")
    asking = [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1)]
    asked = [asyncio.create_task(ask(who, number)) for who, number in asking]
    await asyncio.sleep(0)
    turns.give_back(it)
    await asyncio.gather(*asked)
    assert order == ["a1", "b1", "c1", "a2", "a3"]


async def test_what_was_used_last_is_lent_first() -> None:
    turns = Turns([1, 2])
    first = await turns.take("")
    turns.give_back(first)
    assert [first, await turns.take(""), await turns.take("")] == [1, 1, 2]


@pytest.mark.parametrize("is_given_first", [False, True])
async def test_a_turn_that_is_not_wanted_any_more_goes_to_the_next(is_given_first: bool) -> None:
    turns = Turns(["it"])
    it = await turns.take("z")
    gone, there = (asyncio.create_task(turns.take(who)) for who in "ab")
    await asyncio.sleep(0)
    if is_given_first:
        turns.give_back(it)
        gone.cancel()
    else:
        gone.cancel()
        await asyncio.sleep(0)
        turns.give_back(it)
    assert await there == it
    with pytest.raises(asyncio.CancelledError):
        await gone
    turns.give_back(it)
    assert await turns.take("c") == it
