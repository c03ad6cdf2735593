"""Where reports of the load tester go."""

import os
from pathlib import Path

import pytest

from live.errors import StartError
from live.load import files


def test_looking_leaves_everything_as_it_was(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("old")
    files.check(old)
    files.check(tmp_path / "new.json")
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_a_link_to_a_file_that_is_still_to_be_stays(tmp_path: Path) -> None:
    link, file = tmp_path / "link.json", tmp_path / "new.json"
    link.symlink_to(file)
    files.check(link)
    assert link.is_symlink()
    assert not file.exists()
    assert files.write(link, b"report") == []
    assert file.read_bytes() == b"report"


def test_links_that_lead_nowhere_are_said(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(StartError, match=r"Expected to write .*/a, but: Too many levels"):
        files.check(tmp_path / "a")


def test_a_pipe_is_not_opened_before_there_is_a_report(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    files.check(pipe)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"Expected to write .*, but: Is a directory"):
        files.check(tmp_path)
    [fault] = files.write(tmp_path, b"")
    assert fault.endswith("but: Is a directory")
