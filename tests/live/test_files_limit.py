"""How many files a process may open."""

import resource
import sys
from typing import Any

import pytest

from live import server
from live.files_limit import raise_file_limit
from live.settings import Settings

ENDLESS = resource.RLIM_INFINITY


class System:
    """An operating system's limit on open files, and what it takes."""

    def __init__(self, soft: int, hard: int, takes_at_most: int) -> None:
        self.now = (soft, hard)
        self._most = takes_at_most

    def change(self, _: int, asked: tuple[int, int]) -> None:
        if asked[0] == ENDLESS or asked[0] > self._most:
            raise ValueError("current limit exceeds maximum limit")
        self.now = asked


@pytest.mark.parametrize(
    ("soft", "hard", "takes_at_most", "comes_to"),
    [
        (1_024, 4_096, 4_096, 4_096),
        (4_096, 4_096, 4_096, 4_096),
        (256, ENDLESS, 100_000, 65_536),
        (256, ENDLESS, 10_240, 10_240),
        (256, ENDLESS, 300, 256),
        (100_000, ENDLESS, 200_000, 100_000),
        (ENDLESS, ENDLESS, 0, None),
    ],
)
def test_as_many_as_the_system_takes(
    soft: int, hard: int, takes_at_most: int, comes_to: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(soft, hard, takes_at_most)
    monkeypatch.setattr(resource, "getrlimit", lambda _: system.now)
    monkeypatch.setattr(resource, "setrlimit", system.change)
    assert raise_file_limit() == comes_to
    assert system.now == (ENDLESS if comes_to is None else comes_to, hard)


def test_where_there_are_no_limits_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    without: Any = None
    monkeypatch.setitem(sys.modules, "resource", without)
    assert raise_file_limit() is None


@pytest.mark.parametrize(
    ("files", "processes", "asked", "let_in"),
    [
        (None, 1, 12_000, 12_000),
        (65_536, 1, 12_000, 12_000),
        (10_240, 1, 12_000, 9_984),
        (10_240, 2, 12_000, 12_000),
        (256, 1, 12_000, 192),
        (256, 1, 100, 100),
    ],
)
def test_no_more_sessions_are_let_in_than_there_are_files_for(
    files: int | None,
    processes: int,
    asked: int,
    let_in: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(server, "raise_file_limit", lambda: files)
    assert server._within_files(Settings(max_sessions=asked), processes).max_sessions == let_in
    assert (f"At most {let_in} sessions, and not {asked}" in caplog.text) == (let_in < asked)
