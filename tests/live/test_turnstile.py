"""The turnstile: one by one, and whoever else has something to do in between."""

import asyncio
from functools import partial

import pytest

from live.transport.turnstile import Turnstile


async def test_a_crowd_passes_one_by_one_in_its_order_and_others_go_between() -> None:
    turnstile, seen = Turnstile(), list[str]()
    for number in range(3):
        turnstile.let_pass(partial(seen.append, f"guest {number}"))
    for turn in range(3):
        await asyncio.sleep(0)
        seen.append(f"turn {turn}")
    assert seen == ["guest 0", "turn 0", "guest 1", "turn 1", "guest 2", "turn 2"]


async def test_who_comes_while_another_passes_comes_next() -> None:
    turnstile, seen = Turnstile(), list[str]()

    def pass_and_bring_a_friend() -> None:
        seen.append("first")
        turnstile.let_pass(partial(seen.append, "friend"))

    turnstile.let_pass(pass_and_bring_a_friend)
    for _ in range(3):
        await asyncio.sleep(0)
    assert seen == ["first", "friend"]


async def test_nobody_passes_while_it_rests() -> None:
    loop, turnstile, passed_at = asyncio.get_running_loop(), Turnstile(rest_s=0.02), list[float]()
    for _ in range(2):
        turnstile.let_pass(lambda: passed_at.append(loop.time()))
        await asyncio.sleep(0)
    assert len(passed_at) == 1, "the second waits, also when it comes after the first has passed"
    while len(passed_at) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    assert passed_at[1] - passed_at[0] >= 0.015


@pytest.mark.parametrize(("crowd", "pauses"), [(1, 4), (250, 4), (400, 2), (2_000, 0)])
async def test_those_who_are_served_go_first_for_a_while_and_for_less_before_a_crowd(
    crowd: int, pauses: int
) -> None:
    asked = 0

    def is_busy() -> bool:
        nonlocal asked
        asked += 1
        return True

    turnstile, seen = Turnstile(is_busy=is_busy), list[int]()
    for number in range(crowd):
        turnstile.let_pass(partial(seen.append, number))
    while not seen:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert asked == pauses + 1


async def test_nobody_waits_for_those_who_have_been_served() -> None:
    busy = [False, False, True]
    turnstile, seen = Turnstile(is_busy=busy.pop), list[str]()
    turnstile.let_pass(partial(seen.append, "guest"))
    while not seen:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert busy == [False]
