"""Random sessions on a live socket keep what the protocol promises."""

from tests.chaos.fuzz import fuzz
from tests.conftest import RunningServer


def test_random_sessions_are_told_the_truth(server: RunningServer) -> None:
    assert fuzz(server, 400, 0).total() >= 400
