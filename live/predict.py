"""The command `predict`: pictures, ink, folders and archives of them → a table, JSON lines or CSV.

Works in this very process, or has a server do it (`--server`). Reads one file after the other, so that it
starts to answer at once, and memory does not grow with what it is given.
"""

import argparse
import contextlib
import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from live import ink_file
from live.archives import is_archive, read_archive
from live.errors import BadMessage, LiveError, StartError
from live.ink_file import Strokes
from live.settings import Settings

Drawing = Strokes | bytes
Read = Callable[[Drawing], dict[str, Any]]
"""A drawing → the fields of its prediction, or its error. Raises LiveError."""

_SHOWN = ("name", "verdict", "digit", "confidence", "error")


class Item(NamedTuple):
    """Something to read: its name, and the drawing or why there is none."""

    name: str
    drawing: Drawing | LiveError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="picture, ink (JSON), ZIP or folder; - for standard input")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a JSON object a line")
    form.add_argument("--csv", action="store_true", help="print comma-separated values")
    add("--model", default="", help="which model reads (default: the preferred one)")
    add("--server", metavar="URL", default="", help="have a server read (default: read in this process)")
    add("--timeout-s", type=float, default=30.0, help="seconds to wait for a server")
    add("--weights", type=Path, default=Settings.weights, help="folder of models, without --server")


def main(options: argparse.Namespace) -> int:
    """Read all files; return 1 when one of them had no prediction."""
    items = list_items(options.files, sys.stdin.buffer)
    write = _json_writer() if options.json else _csv_writer() if options.csv else _table_writer()
    failed = 0
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(_Progress(sys.stderr.isatty() and not sys.stdout.isatty()))
        reader = _server_reader(options, stack) if options.server else _local_reader(options)
        for line in answer(items, reader):
            failed += "error" in line
            write(line)
            progress.step()
    return 1 if failed else 0


def list_items(files: Iterable[str], standard_input: IO[bytes]) -> Iterator[Item]:
    """Yield all drawings of files, folders, archives and, for -, standard input.

    Raises StartError when there is no such file.
    """
    for name in files:
        if name == "-":
            yield from _items_of("-", standard_input.read())
            continue
        path = Path(name)
        if not path.exists():
            raise StartError(f"Expected a file or folder, found no {name}")
        paths = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for found in paths:
            yield from _items_in(found)


def answer(items: Iterable[Item], read: Read) -> Iterator[dict[str, Any]]:
    """Yield each item's name with the fields of its prediction, or its error."""
    for name, drawing in items:
        try:
            if isinstance(drawing, LiveError):
                raise drawing
            yield {"name": name, **read(drawing)}
        except LiveError as error:
            yield {"name": name, "error": {"code": error.code, "message": error.message}}


def _items_in(path: Path) -> Iterator[Item]:
    with path.open("rb") as file:
        if is_archive(file.read(4)):
            size = path.stat().st_size
            yield from _items_of_archive(str(path), file, size)
            return
    yield from _items_of(str(path), path.read_bytes())


def _items_of(name: str, data: bytes) -> Iterator[Item]:
    """Yield what a file's bytes hold: the drawings of ink, or a picture."""
    if not data.lstrip().startswith(b"{"):
        yield Item(name, data)
        return
    try:
        drawings = ink_file.decode(data, name)
    except BadMessage as error:
        yield Item(name, error)
        return
    for number, drawing in enumerate(drawings):
        yield Item(f"{name}#{number}" if len(drawings) > 1 else name, drawing.strokes)


def _items_of_archive(name: str, file: IO[bytes], size: int) -> Iterator[Item]:
    limits = Settings()
    try:
        for member, data in read_archive(file, 0, size, limits.max_picture_bytes, 1_000_000):
            inside = f"{name}/{member}"
            if isinstance(data, LiveError):
                yield Item(inside, data)
            else:
                yield from _items_of(inside, data)
    except LiveError as error:
        yield Item(name, error)


def _local_reader(options: argparse.Namespace) -> Read:
    from live import ink, recogniser
    from live.messages import Snapshot
    from live.picture import read_file
    from live.prediction import Predictor
    from live.service import PREFERRED_MODEL
    from live.session import Waiting

    cards = recogniser.find_cards(options.weights)
    names = [card.name for card in cards]
    model = options.model or (PREFERRED_MODEL if PREFERRED_MODEL in names else names[0])
    if model not in names:
        raise StartError(f"Expected one of the models {', '.join(names)}, got {model}")
    folder = options.weights if options.weights.is_dir() else options.weights.parent
    card = next(card for card in cards if card.name == model)
    predictor = Predictor({model: recogniser.load(card, folder, Settings.engine, 1)})

    def read(drawing: Drawing) -> dict[str, Any]:
        image = read_file(drawing, Settings.max_picture_pixels) if isinstance(drawing, bytes) else None
        try:
            strokes = ink.BLANK if isinstance(drawing, bytes) else ink.from_strokes(drawing)
        except ValueError as error:
            raise BadMessage(str(error)) from None
        [found] = predictor(model, [Waiting(Snapshot(0, 0, strokes), 0.0, image)])
        return {"model": model, **found.judgement._asdict()}

    return read


def _server_reader(options: argparse.Namespace, stack: contextlib.ExitStack) -> Read:
    from live.blocking import Blocking
    from live.client import Refused

    try:
        client = stack.enter_context(
            Blocking(options.server, model=options.model or None, timeout_s=options.timeout_s)
        )
    except (Refused, TimeoutError, OSError) as error:
        raise StartError(f"Expected a server at {options.server}, but: {error or 'none answered'}") from None

    def read(drawing: Drawing) -> dict[str, Any]:
        try:
            prediction = client.read(drawing)
        except Refused as refused:
            return {"error": {"code": refused.code, "message": refused.message}}
        fields = ("model", "verdict", "digit", "confidence", "probabilities")
        return {field: getattr(prediction, field) for field in fields}

    return read


def _json_writer() -> Callable[[dict[str, Any]], None]:
    return lambda line: print(msgspec.json.encode(line).decode(), flush=True)


def _csv_writer() -> Callable[[dict[str, Any]], None]:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow([*_SHOWN[:-1], *(f"p{digit}" for digit in range(10)), "error"])

    def write(line: dict[str, Any]) -> None:
        probabilities = line.get("probabilities") or [""] * 10
        error = line.get("error", {}).get("message", "")
        table.writerow([*(line.get(key) for key in _SHOWN[:-1]), *probabilities, error])

    return write


def _table_writer() -> Callable[[dict[str, Any]], None]:
    def write(line: dict[str, Any]) -> None:
        if "error" in line:
            told = f"-               {line['error']['message']}"
        elif line["digit"] is None:
            told = "-         blank"
        else:
            sure = f"{line['confidence']:7.1%}"
            told = f"{line['digit']} {sure}{'' if line['verdict'] == 'digit' else '  ' + line['verdict']}"
        print(f"{line['name']:40} {told}", flush=True)

    return write


class _Progress:
    """Counts on the terminal what has been read, when the answers go elsewhere."""

    def __init__(self, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._done = 0

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown and self._done:
            print(file=sys.stderr)

    def step(self) -> None:
        """Count one more."""
        self._done += 1
        if self._is_shown:
            print(f"\r{self._done} read", end="", file=sys.stderr, flush=True)
