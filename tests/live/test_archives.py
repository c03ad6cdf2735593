"""Archives that say one thing and hold another."""

import io
import struct
import zipfile

import pytest

from live.errors import BadPicture, LiveError, TooLarge
from live.pictures.archives import read_archive

MEMBER = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
ENTRY = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"


def archive(members: int, said: int, *, is_zip64: bool = False) -> bytes:
    """Build a ZIP whose list has so many members, and says how many."""
    entries = ENTRY * members
    size = len(entries)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, said, said, size, len(MEMBER), 0)
    if is_zip64:
        at = len(MEMBER) + len(entries)
        record = (b"PK\6\6", 44, 45, 45, 0, 0, said, said, size, len(MEMBER))
        end = struct.pack("<4sQ2H2I4Q", *record) + struct.pack("<4sIQI", b"PK\6\7", 0, at, 1) + end
    return MEMBER + entries + end


def read(data: bytes, most: int) -> list[tuple[str, bytes | LiveError]]:
    return list(read_archive(io.BytesIO(data), 0, len(data), 1 << 20, most))


@pytest.mark.parametrize("is_zip64", [False, True])
def test_as_many_members_as_may_be_are_read(is_zip64: bool) -> None:
    assert read(archive(3, 3, is_zip64=is_zip64), most=3) == [("a", b"")] * 3


@pytest.mark.parametrize("is_zip64", [False, True])
@pytest.mark.parametrize("said", [1, 4])
def test_more_are_refused_whatever_it_says(said: int, is_zip64: bool) -> None:
    with pytest.raises(TooLarge, match="at most 3 files, got more"):
        read(archive(4, said, is_zip64=is_zip64), most=3)


def test_a_list_that_is_too_long_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.pictures.archives._MAX_LIST", 2 * len(ENTRY))
    assert len(read(archive(2, 2), most=3)) == 2
    with pytest.raises(TooLarge):
        read(archive(3, 3), most=3)


def test_what_has_no_end_is_no_archive() -> None:
    with pytest.raises(BadPicture, match="broken"):
        read(archive(1, 1)[:-5], most=3)


def test_what_holds_nothing_says_so() -> None:
    with pytest.raises(BadPicture, match="Expected pictures in a ZIP, found none"):
        read(archive(0, 0)[len(MEMBER) :], most=3)


def test_what_is_cut_off_is_not_the_archive_inside() -> None:
    inside, whole = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inside, "w") as old:
        old.writestr("a", "a")
    with zipfile.ZipFile(whole, "w") as new:
        new.writestr("b", "b")
        new.writestr("old.zip", inside.getvalue())
    assert read(whole.getvalue(), most=3)[0] == ("b", b"b")
    with pytest.raises(BadPicture, match="cut off"):
        read(whole.getvalue()[:-60], most=3)


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_would_be_unpacked_whole_is_not_unpacked(way: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        new.writestr("bomb", bytes(1 << 20), way)
        new.writestr("good", "a", zipfile.ZIP_DEFLATED)
    (_, bomb), good = read(file.getvalue(), most=3)
    assert good == ("good", b"a")
    assert isinstance(bomb, BadPicture)
    assert "stored or deflated" in bomb.message
