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
