"""Archives: ZIP files → the pictures in them, one by one.

Called by bulk (and the command `predict`) off the event loop. Nothing is written anywhere, so a member's name
is only a name. What a ZIP says about itself is checked or bounded before it is believed.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import IO

from live.errors import BadPicture, LiveError, TooLarge

_START, _MEMBER, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
"""What a member begins with, its entry in the list of members, and the end of that list."""
_MAX_LIST = 64 << 20
"""Bytes of a ZIP's list of members, which zipfile reads at once."""


class Slice(io.RawIOBase):
    """A part of a file as a file, for reading. It moves the file's position: one reader at a time."""

    def __init__(self, file: IO[bytes], offset: int, size: int) -> None:
        self._file = file
        self._offset = offset
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            # As of a file on disk: zipfile looks before the beginning of short archives.
            raise OSError(f"Expected a position of at least 0, got {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        self._file.seek(self._offset + self._at)
        data = self._file.read(max(min(len(buffer), self._size - self._at), 0))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Window(io.BufferedReader):
    """A ZIP as zipfile reads it: a list that is too long is refused before anything is made of it.

    However many members, and bytes of list, the ZIP says it has, in whichever of its two ways: zipfile looks
    at neither, and makes an object of 500 bytes of every entry that there is.
    """

    def __init__(self, raw: io.RawIOBase, max_members: int) -> None:
        super().__init__(raw)
        self.is_listing = True
        self._max_members = max_members

    def read(self, size: int | None = -1, /) -> bytes:
        """Read. Raises TooLarge for what is no list of so few."""
        is_too_long = self.is_listing and size is not None and size > _MAX_LIST
        data = b"" if is_too_long else super().read(size)
        if is_too_long or (self.is_listing and data.count(_MEMBER) > self._max_members):
            raise TooLarge(f"Expected a ZIP of at most {self._max_members} files, got more")
        return data


def is_archive(data: bytes) -> bool:
    """Say whether a file's first bytes are a ZIP's."""
    return data.startswith((_START, _END))


def read_archive(
    file: IO[bytes], offset: int, size: int, max_bytes: int, max_members: int
) -> Iterator[tuple[str, bytes | LiveError]]:
    """Yield each member's name and its bytes, or why there are none.

    max_bytes: of one member, unpacked.
    Raises BadPicture when it is no ZIP that can be read or holds nothing, TooLarge when it has too many
    members.
    """
    window = _Window(Slice(file, offset, size), max_members)
    try:
        with zipfile.ZipFile(window) as archive:
            window.is_listing = False
            if min((member.header_offset for member in archive.infolist()), default=0) > 0:
                # zipfile looks for the list from the end, and takes that of a ZIP inside for it.
                raise BadPicture("Expected a ZIP, got one that is cut off")
            members = [member for member in archive.infolist() if not _is_aside(member.filename)]
            if not members:
                raise BadPicture("Expected pictures in a ZIP, found none")
            for member in members:
                yield member.filename, _read_member(archive, member, max_bytes)
    except LiveError:
        raise
    except Exception as error:
        # Fuzzing made zipfile raise OSError, struct.error, NotImplementedError, UnicodeDecodeError and more.
        raise BadPicture(f"Expected a ZIP, got one that is broken ({type(error).__name__})") from None


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, max_bytes: int) -> bytes | LiveError:
    try:
        if member.flag_bits & 1:
            return BadPicture("Expected a picture, got one that is encrypted")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # zipfile unpacks what is packed by bzip2 or LZMA whole, however little of it is asked for.
            return BadPicture("Expected a picture stored or deflated, got one that is packed in another way")
        with archive.open(member) as opened:
            # However large it says it is: no more than this is unpacked.
            data = opened.read(max_bytes + 1)
    except Exception as error:
        # zipfile, zlib, bz2 and lzma have errors of their own.
        return BadPicture(f"Expected a picture, got one that can't be unpacked ({type(error).__name__})")
    if len(data) > max_bytes:
        return TooLarge(f"Expected a picture of at most {max_bytes} bytes, got more")
    if is_archive(data):
        return BadPicture("Expected a picture, got a ZIP inside a ZIP")
    return data


def _is_aside(name: str) -> bool:
    """Tell what an archiver adds to what it was given: folders, and macOS's notes on files."""
    return name.endswith("/") or "__MACOSX" in name.split("/")
