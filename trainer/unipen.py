"""UNIPEN: real pen strokes, with who wrote them.

Source of the flow: **unipen** → datasets → training. In comes a distribution in UNIPEN's own format, as a
folder or a .tar.gz; out come labelled drawings as `live.ink` has them. Files under ``data/1a`` and so on name
the ink (``.INCLUDE``, a path under ``include/``) and label pieces of it (``.SEGMENT``).

Source of the format: Guyon et al., "UNIPEN project of on-line data exchange and recognizer benchmarks", ICPR
1994.
"""

import re
import tarfile
import zlib
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from live.ink import Ink, from_arrays
from trainer.errors import DataError

TRAINING_DONORS = ("apa", "apb", "app", "art", "cea", "ceb", "ced", "gmd", "syn", "val")
"""Whose writers may be trained on and chosen with. All other donors' are only ever reported on."""

DIGITS, CAPITALS, LETTERS, SYMBOLS = "1a", "1b", "1c", "1d"
"""Categories of isolated characters."""

_Piece = tuple[bool, NDArray[np.float64]]
"""A component: whether the pen was down, and its points (P, 2), y up."""

_STATEMENT = re.compile(r"^\.(\w+)", re.MULTILINE)
_SEGMENT = re.compile(r'^\.SEGMENT\s+\S+\s+(\S+)\s+\S+\s+"(.*)"\s*$', re.MULTILINE)
_INCLUDE = re.compile(r"^\.INCLUDE\s+(\S+)", re.MULTILINE)
_WRITER = re.compile(r"^\.WRITER_ID[ \t]+(\S+)", re.MULTILINE)
_RANGE = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?")
_DIGIT = re.compile(r"\\*[0-9]")
_NUMBER_START = re.compile(r"[\s+.\d-]*")
_SESSION = re.compile(r"\.[ab]$")
"""Donor ced wrote some writers' ids with the sitting behind them; they are still one writer."""


class Sample(NamedTuple):
    """One labelled drawing.

    label: the character, as UNIPEN has it.
    ink: its strokes, y down.
    writer: the same for everything that one person wrote, as far as UNIPEN tells.
    name: where it is, such as ``1a/apa/apa19/app1989.dat:1-2``; the same on every machine.
    """

    label: str
    ink: Ink
    writer: str
    name: str

    @property
    def category(self) -> str:
        """Which kind of character: one of DIGITS, CAPITALS, LETTERS and SYMBOLS."""
        return self.name.split("/")[0]

    @property
    def donor(self) -> str:
        """The three letters of who gave the data."""
        return self.name.split("/")[1]


class Reading(NamedTuple):
    """What was read, and the names of what could not be: drawings that name components that aren't there."""

    samples: list[Sample]
    broken: list[str]


def read(path: Path, categories: Iterable[str] = (DIGITS,)) -> Reading:
    """Read the given categories of a distribution, in the order of the names of its files.

    path: a folder, or a .tar.gz of one, that holds ``data/`` and ``include/`` at any depth.
    Raises DataError when path is neither, holds none of the categories, ink that is not points, or a digit
    that is labelled otherwise.
    """
    files = _files(path)
    included: dict[str, list[_Piece]] = {}
    reading = Reading([], [])
    for category in categories:
        names = sorted(name for name in files if name.startswith(f"data/{category}/"))
        if not names:
            raise DataError(f"Expected UNIPEN files under data/{category} in {path}, found none")
        for name in names:
            _read_labels(name, files, included, reading)
    return reading


def _files(path: Path) -> dict[str, str]:
    """Return the text of every .dat file by its path from the distribution's root."""
    if path.is_dir():
        found = {str(f.relative_to(path)): f.read_text("latin-1") for f in path.rglob("*.dat")}
    elif path.is_file():
        found = _unpack(path)
    else:
        raise DataError(f"Expected a folder or a .tar.gz of UNIPEN, got {path}")
    return {_from_root(name): text for name, text in found.items()}


def _unpack(path: Path) -> dict[str, str]:
    """Return the text of every .dat file by its path in an archive."""
    found = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(".dat") and (file := archive.extractfile(member)):
                    # As text, which may have any line ends, as in a folder.
                    found[member.name] = TextIOWrapper(file, "latin-1").read()
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise DataError(f"Expected {path} to be a whole .tar.gz of UNIPEN: {error}") from error
    return found


def _from_root(name: str) -> str:
    """Drop the folders above data/ or include/."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    start = next((i for i, part in enumerate(parts) if part in ("data", "include")), 0)
    return "/".join(parts[start:])


def _read_labels(
    name: str, files: dict[str, str], included: dict[str, list[_Piece]], reading: Reading
) -> None:
    """Add the drawings of one file under data/ to the reading."""
    text = files[name]
    pieces: list[_Piece] = []
    writer = ""
    for include in _INCLUDE.findall(text):
        path = f"include/{include}"
        if path not in files:
            continue  # .doc and .lex files describe; ink that is missing shows as broken below
        if path not in included:
            included[path] = _pieces(path, files[path])
        pieces += included[path]
        writer = writer or _writer(files[path], include)
    short = name.removeprefix("data/")
    for components, label in _SEGMENT.findall(text):
        strokes = _strokes(pieces, components)
        if strokes:
            if name.startswith(f"data/{DIGITS}/") and not _DIGIT.fullmatch(label):
                raise DataError(f"Expected a digit for a label of {short}:{components}, got {label!r}")
            counts = np.array([len(stroke) for stroke in strokes], np.intp)
            ink = from_arrays(np.concatenate(strokes) * (1.0, -1.0), counts)
            reading.samples.append(
                Sample(label.replace("\\", "") or "\\", ink, writer, f"{short}:{components}")
            )
        else:
            reading.broken.append(f"{short}:{components}")


def _writer(text: str, include: str) -> str:
    """Return who wrote a file, spelt one way: donors have Jim_Jones and JimJones, capitals and none."""
    found = _WRITER.search(text)
    return _SESSION.sub("", found[1].lower().replace("_", "")) if found else include


def _pieces(name: str, text: str) -> list[_Piece]:
    """Read a file's components: every .PEN_DOWN and .PEN_UP that has a point; name is for messages."""
    statements = list(_STATEMENT.finditer(text))
    columns = ["X", "Y"]
    pieces: list[_Piece] = []
    for statement, following in zip(statements, [*statements[1:], None], strict=True):
        body = text[statement.end() : following.start() if following else len(text)]
        if statement[1] == "COORD":
            columns = body.split()
            if not {"X", "Y"} <= set(columns):
                raise DataError(f"Expected .COORD to name X and Y in {name}, got {' '.join(columns)!r}")
        elif statement[1] in ("PEN_DOWN", "PEN_UP"):
            numbers = (_NUMBER_START.match(body) or [""])[0].split()
            count = len(numbers) // len(columns)
            if count:
                try:
                    rows = np.array(numbers[: count * len(columns)], np.float64).reshape(count, len(columns))
                except ValueError as error:
                    raise DataError(f"Expected points to be numbers in {name}: {error}") from error
                points = rows[:, [columns.index("X"), columns.index("Y")]]
                if not np.isfinite(points).all():
                    raise DataError(f"Expected points that 64 bits hold in {name}, got a larger number")
                pieces.append((statement[1] == "PEN_DOWN", points))
    return pieces


def _strokes(pieces: list[_Piece], components: str) -> list[NDArray[np.float64]]:
    """Return the pen-down strokes of a list of components, or none when one of them isn't there."""
    strokes = []
    for part in components.split(","):
        found = _RANGE.fullmatch(part)
        if not found:
            return []
        first = int(found[1])
        last = first if found[3] is None else int(found[3])
        if last >= len(pieces):
            return []
        start = 0 if found[2] is None else int(found[2])
        stop = None if found[4] is None else int(found[4]) + 1
        for i in range(first, last + 1):
            down, points = pieces[i]
            cut = points[start if i == first else 0 : stop if i == last else None]
            if down and len(cut):
                strokes.append(cut)
    return strokes
