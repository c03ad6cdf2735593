"""Sources: what the command `predict` is given → drawings, one by one.

Files, folders, ZIP archives and patterns of names, and standard input. One file is open at a time, and
memory does not grow with how many there are. What can't be read is an item too, with the reason.
"""

import contextlib
import glob
import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, NamedTuple

from live import ink_file
from live.errors import BadMessage, BadPicture, LiveError, StartError, TooLarge
from live.ink_file import Strokes
from live.pictures.archives import is_archive, read_archive
from live.settings import Settings

Drawing = Strokes | bytes

EXPLAINED = ".why.png"
"""How the names of explanations' pictures end: they are written beside what is read, and not for reading."""
_MAX_MEMBERS = 1_000_000
_HEAD = 64
"""Bytes that tell what a file is."""


class Source(NamedTuple):
    """A file that was found, or the bytes of standard input."""

    name: str
    place: Path | bytes

    def open(self) -> IO[bytes]:
        """Open it for reading. Raises OSError."""
        return io.BytesIO(self.place) if isinstance(self.place, bytes) else self.place.open("rb")


class Item(NamedTuple):
    """Something to read: its name, and the drawing or why there is none.

    share: of a picture that was counted; a file of many drawings counts as one.
    """

    name: str
    drawing: Drawing | LiveError
    share: float = 1.0


def find(names: Iterable[str], standard_input: IO[bytes]) -> list[Source]:
    """Find the files of names, folders and patterns; - is standard input.

    Hidden files of folders, macOS's notes on files and pictures of explanations are passed over, as they are
    in archives.
    Raises StartError when there is no such file, or none at all.
    """
    found = []
    names = list(names)
    for name in names:
        if name == "-":
            found.append(Source("-", standard_input.read()))
            continue
        path = Path(name)
        try:
            paths = [path] if path.exists() else sorted(map(Path, glob.glob(name, recursive=True)))
        except OSError as error:
            raise StartError(f"Expected a file or folder {name}, but: {error.strerror or error}") from None
        if not paths:
            raise StartError(f"Expected a file or folder, found no {name}")
        found += [Source(_spell(file), file) for each in paths for file in _files(each)]
    if not found:
        raise StartError(f"Expected files in {', '.join(names)}, found none")
    return found


def count(sources: Iterable[Source]) -> int:
    """Count the pictures of files and archives; what can't be read counts as one."""
    return sum(map(_count, sources))


def read(sources: Iterable[Source]) -> Iterator[Item]:
    """Yield every drawing."""
    for source in sources:
        try:
            with source.open() as file:
                head = file.read(_HEAD)
                size = file.seek(0, io.SEEK_END) if file.seekable() else 0
                if is_archive(head):
                    yield from _read_archive(source.name, file, size)
                elif size > Settings.max_picture_bytes and not _is_ink(source.name, head):
                    yield Item(source.name, _too_large())
                else:
                    if size:
                        file.seek(len(head))
                    yield from _read(source.name, head + file.read())
        except OSError as error:
            yield Item(
                source.name, BadPicture(f"Expected a file that can be read, but: {error.strerror or error}")
            )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        file for file in path.rglob("*") if _is_file(file) and not _is_aside(file.relative_to(path))
    )


def _is_aside(path: PurePath) -> bool:
    """Whether it is a hidden file, macOS's notes on one, or the picture of an explanation."""
    if path.name.endswith(EXPLAINED):
        return True
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in path.parts)


def _is_passed_over(member: str) -> bool:
    """Whether an archive's member is what would be passed over in a folder, or a folder itself."""
    return member.endswith("/") or _is_aside(PurePosixPath(member))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # Why it can't be read is said when it is its turn.
        return True


def _spell(path: Path) -> str:
    """Spell a name so that every form of output can have it, also where it is not UTF-8."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _count(source: Source) -> int:
    if isinstance(source.place, Path) and not source.place.is_file():
        # What comes out of a pipe comes once.
        return 1
    # What is wrong with it is said when it is its turn.
    with contextlib.suppress(Exception), source.open() as file:
        if is_archive(file.read(_HEAD)):
            members = zipfile.ZipFile(file).namelist()
            return sum(not _is_passed_over(member) for member in members) or 1
    return 1


def _is_ink(name: str, data: bytes) -> bool:
    """Whether it is meant to be ink, rightly or wrongly: no picture begins as JSON does, or is named so."""
    return data.lstrip().startswith((b"{", b"[")) or name.lower().endswith(".json")


def _read(name: str, data: bytes) -> Iterator[Item]:
    """Yield what a file's bytes hold: the drawings of ink, or a picture."""
    if not _is_ink(name, data):
        yield Item(name, data)
        return
    try:
        drawings = ink_file.decode(data, name)
    except BadMessage as error:
        yield Item(name, error)
        return
    for number, drawing in enumerate(drawings):
        inside = f"{name}#{number}" if len(drawings) > 1 else name
        yield Item(inside, drawing.strokes, 1 / len(drawings))


def _read_archive(name: str, file: IO[bytes], size: int) -> Iterator[Item]:
    is_empty = True
    try:
        for member, data in read_archive(file, 0, size, Settings.max_picture_bytes, _MAX_MEMBERS):
            if _is_passed_over(member):
                continue
            is_empty = False
            inside = f"{name}/{member}"
            if isinstance(data, LiveError):
                yield Item(inside, data)
            else:
                yield from _read(inside, data)
        if is_empty:
            raise BadPicture("Expected pictures in a ZIP, found none")
    except LiveError as error:
        yield Item(name, error)


def _too_large() -> LiveError:
    return TooLarge(f"Expected a picture of at most {Settings.max_picture_bytes} bytes, got more")
