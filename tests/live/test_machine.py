"""What the supervisor finds out about the machine."""

import os
from pathlib import Path

import pytest

from live.workers import machine


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Groups of one's own making, this process in the innermost, on a machine of eight cores."""
    own = tmp_path / "cgroup"
    own.write_text("12:cpuset:/elsewhere\n0::/system.slice/digits.service\n")
    root = tmp_path / "groups"
    (root / "system.slice" / "digits.service").mkdir(parents=True)
    monkeypatch.setattr(machine, "_OWN_GROUP", own)
    monkeypatch.setattr(machine, "_GROUPS", root)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    return root


@pytest.mark.parametrize(
    ("quotas", "cores"),
    [
        ({}, 8),
        ({".": "max 100000"}, 8),
        ({".": "300000 100000"}, 3),
        ({"system.slice/digits.service": "250000 100000"}, 2),
        ({"system.slice": "400000 100000", "system.slice/digits.service": "max 100000"}, 4),
        ({".": "600000 100000", "system.slice/digits.service": "50000 100000"}, 1),
        ({".": "nonsense"}, 8),
    ],
)
def test_a_group_may_be_denied_some_cores(groups: Path, quotas: dict[str, str], cores: int) -> None:
    for group, quota in quotas.items():
        (groups / group / "cpu.max").write_text(quota + "\n")
    assert machine.usable_cores() == cores


def test_nobody_leaves_the_groups(groups: Path) -> None:
    (groups.parent / "cpu.max").write_text("100000 100000\n")
    assert machine.usable_cores() == 8


def test_without_groups_of_its_own_the_outermost_counts(groups: Path) -> None:
    machine._OWN_GROUP.unlink()
    (groups / "cpu.max").write_text("200000 100000\n")
    assert machine.usable_cores() == 2
