"""The turnstile: one by one, and whoever else has something to do in between."""

import asyncio
from functools import partial

from live.turnstile import Turnstile


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
