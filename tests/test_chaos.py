"""What chaos relies on: that who draws, and who does harm, is missed when it isn't there."""

import multiprocessing

import pytest

from tests.chaos.crowd import Crowd, Habits
from tests.conftest import RunningServer


def test_a_crowd_that_has_died_is_missed_at_once(server: RunningServer) -> None:
    with Crowd(Habits(server.socket, sessions=1)) as crowd:
        crowd.look()
        [process] = multiprocessing.active_children()
        process.kill()
        process.join()
        with pytest.raises((ConnectionError, EOFError)):
            crowd.look()
