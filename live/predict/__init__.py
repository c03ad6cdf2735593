"""The command `predict`: pictures, ink, folders and archives of them → a table, JSON lines or CSV.

Works in this very process, or has a server do it (`--server`). Reads one drawing after the other
(sources.py), so that it starts to answer at once, and memory does not grow with what it is given.
"""

import argparse
import base64
import contextlib
import csv
import itertools
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from live.errors import BadMessage, LiveError, StartError
from live.explaining.explanation import Explanation
from live.ink import SIDE, Image
from live.ink_file import FORM
from live.messages import Prediction, fault_body
from live.output import writing
from live.predict import sources
from live.predict.progress import Progress
from live.predict.sources import Drawing, Item
from live.remote import REACH_S, add_token, reaching
from live.settings import Settings, read_token, seconds

Read = Callable[[Drawing], dict[str, Any]]
"""A drawing → the fields of its prediction, or its error. Raises LiveError."""

_LONGEST_NAME = 200
"""Bytes of a picture's name before its number and what it ends with; file systems take 255."""
_Answer = TypeVar("_Answer")
_SHOWN = ("name", "verdict", "digit", "confidence", "error")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's flags."""
    parser.epilog = f"Ink is a JSON file of strokes: {FORM}; x to the right, y down, any unit and origin."
    add = parser.add_argument
    what = "picture, ink (JSON), ZIP, folder or pattern; - for standard input"
    add("files", nargs="+", metavar="FILE", help=what)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a JSON object a line")
    form.add_argument("--csv", action="store_true", help="print comma-separated values")
    add("--explain", action="store_true", help=f"say why, and write a picture of it, NAME{sources.EXPLAINED}")
    where = "say why, and write the pictures there (default: here)"
    add("--explain-to", type=Path, metavar="FOLDER", help=where)
    add("--model", default="", help="which model reads (default: the preferred one)")
    add("--server", metavar="URL", default="", help="have a server read (default: read in this process)")
    add_token(parser)
    wait = f"seconds to wait for a server; at most {REACH_S:g} for one that is not there at all"
    add("--timeout-s", type=seconds, default=30.0, help=wait)
    add("--weights", type=Path, default=Settings.weights, help="folder of models, without --server")
    add("--engine", choices=("litert", "keras"), default=Settings.engine, help="what runs them")


def main(options: argparse.Namespace) -> int:
    """Read all files; return 1 when one of them had no prediction, 130 when the user stopped it."""
    found = sources.find(options.files, sys.stdin.buffer)
    options.explain |= options.explain_to is not None
    write_picture = _picture_writer(options.explain_to or Path())
    progress = Progress(sys.stderr, sources.count(found) if sys.stderr.isatty() else len(found))
    with contextlib.ExitStack() as stack:
        reader = _server_reader(options, stack) if options.server else _local_reader(options)
        stack.callback(progress.finish)
        try:
            with writing("the answers"):
                write = _json_writer() if options.json else _csv_writer() if options.csv else _table_writer()
                for item in sources.read(found):
                    line = answer(item, reader)
                    write_picture(line)
                    progress.count(item.share, line.get("error", {}).get("code"))
                    progress.hide()
                    write(line)
                    progress.show()
        except KeyboardInterrupt:
            return 130
    return 1 if progress.failed else 0


def answer(item: Item, read: Read) -> dict[str, Any]:
    """Return an item's name with the fields of its prediction, or its error."""
    try:
        if isinstance(item.drawing, LiveError):
            raise item.drawing
        return {"name": item.name, **read(item.drawing)}
    except LiveError as error:
        return {"name": item.name} | fault_body(error.code, error.message)


def _local_reader(options: argparse.Namespace) -> Read:
    from live import ink, recogniser
    from live.explaining.explainer import explain_alone
    from live.messages import Snapshot, Timing
    from live.pictures.picture import read_file
    from live.prediction import Models, Question
    from live.session import Waiting

    cards = recogniser.find_cards(options.weights)
    model = recogniser.choose_model(cards, options.model)
    card = next(card for card in cards if card.name == model)
    models = Models({model: recogniser.load(card, options.weights, options.engine)})

    def read(drawing: Drawing) -> dict[str, Any]:
        image = read_file(drawing, Settings.max_picture_pixels) if isinstance(drawing, bytes) else None
        try:
            strokes = ink.BLANK if isinstance(drawing, bytes) else ink.from_strokes(drawing)
        except ValueError as error:
            raise BadMessage(str(error)) from None
        item = Waiting(Snapshot(0, 0, strokes), 0.0, image)
        [found] = models.answer(model, Question.about([item]))
        fields = {"model": model, **found.judgement._asdict()}
        if options.explain and found.judgement.digit is not None:
            prediction = Prediction(0, 0, model, *found.judgement, 0, Timing(0, 0, 1))
            explanation = explain_alone(item, prediction, partial(models.worths, model))
            fields |= _explained(drawing, explanation, found.image)
        return fields

    return read


def _server_reader(options: argparse.Namespace, stack: contextlib.ExitStack) -> Read:
    from live.blocking import Blocking
    from live.client import Refused
    from live.predict import post

    asked: dict[str, Any] = {
        "model": options.model or None,
        "include": ["input", "explanation"] if options.explain else [],
        "token": read_token(options),
        "timeout_s": options.timeout_s,
    }
    with reaching(options.server):
        client = stack.enter_context(Blocking(options.server, **asked, reach_s=REACH_S))

    free_at = 0.0

    def in_time(ask: Callable[[Drawing], _Answer], drawing: Drawing) -> _Answer:
        """Ask no faster than the server takes snapshots; a little slower, as ways are not equally long."""
        nonlocal free_at
        time.sleep(max(free_at - time.monotonic(), 0))
        free_at = time.monotonic() + 1.05 / client.ready.limits.snapshots_per_s
        return ask(drawing)

    def ask(drawing: Drawing) -> tuple[Prediction, Explanation | None]:
        try:
            prediction = in_time(client.read, drawing)
            return prediction, in_time(client.explain, drawing) if options.explain else None
        except Refused as refused:
            if refused.code != "too_large" or not isinstance(drawing, bytes):
                raise
            if posted := post.send(options.server, drawing, **asked):
                return posted, posted.explanation or None
            raise

    def read(drawing: Drawing) -> dict[str, Any]:
        try:
            prediction, explanation = ask(drawing)
        except Refused as refused:
            return fault_body(refused.code, refused.message)
        except (TimeoutError, OSError) as error:
            reason = str(error) or f"none came within {options.timeout_s:g} s"
            raise StartError(f"Expected an answer from {options.server}, but: {reason}") from None
        names = ("model", "verdict", "digit", "confidence", "probabilities")
        fields = {name: getattr(prediction, name) for name in names}
        if explanation and isinstance(prediction.input, str):
            pixels = np.frombuffer(base64.b64decode(prediction.input), np.uint8).astype(np.float32)
            fields |= _explained(
                drawing, explanation, np.asarray(pixels.reshape(SIDE, SIDE) / 255, np.float32)
            )
        return fields

    return read


def _explained(drawing: Drawing, explanation: Explanation, image: Image) -> dict[str, Any]:
    """Return the fields that `--explain` adds: the explanation, and its picture until that is written."""
    from live.explaining.tinted import paint_image, paint_ink

    if isinstance(drawing, bytes):
        return {"explanation": explanation, "picture": paint_image(image, explanation)}
    return {"explanation": explanation, "picture": paint_ink(drawing, explanation)}


def _picture_writer(folder: Path) -> Callable[[dict[str, Any]], None]:
    """Return what writes the picture of an explanation, if there is one, and puts its path in its place."""
    taken = set()

    def write(line: dict[str, Any]) -> None:
        if "picture" not in line:
            return
        name = re.sub(r"[^\w.#-]+", "_", line["name"]).strip("_.-") or "standard-input"
        # The path of a file is longer than its name may be.
        name = name.encode()[-_LONGEST_NAME:].decode(errors="ignore")
        numbers = itertools.count(1)
        names = (f"{name}{f'-{number}' if number > 1 else ''}{sources.EXPLAINED}" for number in numbers)
        # Different names may become the same, and some file systems don't tell A from a.
        free = next(each for each in names if each.casefold() not in taken)
        taken.add(free.casefold())
        path = folder / free
        try:
            folder.mkdir(parents=True, exist_ok=True)
            line["picture"].save(path)
        except OSError as error:
            raise StartError(f"Expected to write {path}, but: {error.strerror or error}") from None
        line["picture"] = str(path)

    return write


def _json_writer() -> Callable[[dict[str, Any]], None]:
    # JSON is UTF-8, whatever the terminal's encoding.
    def write(line: dict[str, Any]) -> None:
        sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
        sys.stdout.flush()

    return write


def _csv_writer() -> Callable[[dict[str, Any]], None]:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow([*_SHOWN[:-1], *(f"p{digit}" for digit in range(10)), "error"])

    def write(line: dict[str, Any]) -> None:
        probabilities = line.get("probabilities") or [""] * 10
        error = line.get("error", {}).get("message", "")
        # A file keeps names as they are.
        name = _printable(line["name"]) if sys.stdout.isatty() else line["name"]
        table.writerow([name, *(line.get(key) for key in _SHOWN[1:-1]), *probabilities, error])

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
        print(_printable(f"{line['name']:40} {told}"), flush=True)

    return write


def _printable(text: str) -> str:
    """Escape what would do something to a terminal instead of being seen."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
