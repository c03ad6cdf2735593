"""Sources: what is found of what the command `predict` is given, and what each file turns out to hold."""

import errno
import io
import json
import os
from pathlib import Path

import pytest

from live import ink_file
from live.errors import BadMessage, BadPicture, LiveError, StartError, TooLarge
from live.predict import sources
from live.predict.sources import Item
from live.settings import Settings
from tests.live.drawings import DRAWINGS
from tests.live.pages import archive

NOTHING = io.BytesIO()


def read(*names: str | Path, given: bytes = b"") -> list[Item]:
    return list(sources.read(sources.find(map(str, names), io.BytesIO(given))))


def test_folders_are_read_through_without_what_is_aside(tmp_path: Path) -> None:
    for name in ("b/c.png", "a.png", ".DS_Store", ".git/x.png", "__MACOSX/._a.png", "b/c.png.why.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert [item.name for item in read(tmp_path)] == [str(tmp_path / "a.png"), str(tmp_path / "b/c.png")]
    named = tmp_path / "b/c.png.why.png"
    assert [item.name for item in read(named)] == [str(named)]


def test_what_comes_out_of_a_pipe_is_read_once() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a picture")
    os.close(writing)
    found = sources.find([f"/dev/fd/{reading}"], NOTHING)
    assert sources.count(found) == 1
    assert [item.drawing for item in sources.read(found)] == [b"a picture"]
    os.close(reading)


def test_archives_are_read_through_as_folders_are(tmp_path: Path) -> None:
    aside = [("pics/", b""), ("pics/.DS_Store", b"x"), ("__MACOSX/pics/._a.png", b"x"), ("a.why.png", b"x")]
    (tmp_path / "a.zip").write_bytes(
        archive([*aside, ("pics/a.png", b"a"), ("./b.png", b"b"), ("../c", b"c")])
    )
    (tmp_path / "b.zip").write_bytes(archive(aside))
    *found, nothing = read(tmp_path)
    names = [item.name.removeprefix(f"{tmp_path}/") for item in found]
    assert names == ["a.zip/pics/a.png", "a.zip/./b.png", "a.zip/../c"]
    assert isinstance(nothing.drawing, BadPicture)
    assert nothing.drawing.message == "Expected pictures in a ZIP, found none"
    assert sources.count(sources.find([str(tmp_path)], NOTHING)) == 4


def test_patterns_that_no_shell_has_filled_in_are(tmp_path: Path) -> None:
    for name in ("2.png", "1.png", "a.txt", "[odd].png"):
        (tmp_path / name).write_bytes(b"x")
    assert [Path(item.name).name for item in read(tmp_path / "?.png")] == ["1.png", "2.png"]
    assert len(read(tmp_path / "[odd].png")) == 1
    with pytest.raises(StartError, match="found no"):
        read(tmp_path / "*.gif")


def test_standard_input_may_be_a_picture_ink_or_an_archive() -> None:
    assert read("-", given=b"picture") == [Item("-", b"picture")]
    [ink] = read("-", given=json.dumps({"strokes": DRAWINGS["one"]}).encode())
    assert isinstance(ink.drawing, list)
    found = read("-", given=archive([("a.png", b"a"), ("b.png", b"b")]))
    assert [(item.name, item.drawing) for item in found] == [("-/a.png", b"a"), ("-/b.png", b"b")]


@pytest.mark.parametrize(("name", "text"), [("list", "[[[20, 10], [45, 90]]]"), ("empty.json", "")])
def test_what_is_meant_to_be_ink_is_told_how_ink_looks(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    [item] = read(tmp_path)
    assert isinstance(item.drawing, BadMessage)
    assert f"{name}, as {ink_file.FORM}, but: " in item.drawing.message


def test_what_was_counted_is_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(archive([("x", b"x"), ("y", b"y"), ("z", b"z")]))
    (tmp_path / "b.json").write_text(json.dumps({"drawings": [{"strokes": DRAWINGS["one"]}] * 4}))
    (tmp_path / "c.png").write_bytes(b"x")
    (tmp_path / "d.zip").write_bytes(b"PK\3\4 broken")
    assert sources.count(sources.find([str(tmp_path)], NOTHING)) == 6
    items = read(tmp_path)
    assert len(items) == 9
    assert sum(item.share for item in items) == 6


def test_what_cannot_be_read_has_its_item(tmp_path: Path) -> None:
    gone = tmp_path / "gone.png"
    gone.write_bytes(b"x")
    found = sources.find([str(gone)], NOTHING)
    gone.unlink()
    [item] = sources.read(found)
    assert isinstance(item.drawing, BadPicture)
    assert "No such file" in item.drawing.message


def test_what_cannot_even_be_looked_at_has_its_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "locked.png").write_bytes(b"x")
    look = Path.stat

    def be_denied(path: Path, **flags: bool) -> os.stat_result:
        if path.name == "locked.png":
            raise PermissionError(errno.EACCES, "Permission denied")
        return look(path, **flags)

    monkeypatch.setattr(Path, "stat", be_denied)
    found = sources.find([str(tmp_path)], NOTHING)
    assert [Path(source.name).name for source in found] == ["a.png", "locked.png"]


def test_a_name_too_long_and_a_folder_of_nothing_are_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="File name too long"):
        read("x" * 300)
    with pytest.raises(StartError, match=r"Expected files in .*, found none"):
        read(tmp_path)


def test_a_name_that_is_no_text_is_spelt(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"caf\xe9.png")
    try:
        file.write_bytes(b"x")
    except OSError:
        pytest.skip("this file system has names of text only")
    assert [Path(item.name).name for item in read(tmp_path)] == ["caf\\xe9.png"]


def test_a_file_too_large_for_a_picture_is_not_even_read(tmp_path: Path) -> None:
    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        file.truncate(Settings.max_picture_bytes + 1)
    [item] = read(large)
    assert isinstance(item.drawing, TooLarge)
    assert isinstance(item.drawing, LiveError)
