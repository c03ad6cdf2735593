"""Random sessions on a live socket keep what the protocol promises."""

import asyncio

from tests.chaos.fuzz import fuzz
from tests.conftest import RunningServer


def test_random_sessions_are_told_the_truth(server: RunningServer) -> None:
    done = asyncio.run(fuzz(server, 600, 0))
    assert done.total() == 600
