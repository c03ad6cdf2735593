"""Bulk: many pictures → one line each, as they are done.

What `POST /v1/batch` streams. A few pictures are on their way at a time, of all uploads together, whatever
they hold: memory is constant, a client that reads slowly slows its own upload only, and one that leaves
cancels it. Decoding has processes of its own and predicting the batcher's lower lanes, so that those who draw
notice nothing.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from functools import partial

import msgspec

from live import ink
from live.errors import LiveError, Overloaded, TooLarge
from live.inquiry import Inquiry
from live.messages import Fault, Include, Picture, Prediction, Snapshot
from live.pictures.archives import is_archive, read_archive
from live.service import UPLOADED_AT_ONCE, Service
from live.settings import Settings
from live.uploads import Upload

_MOST_S = 3_600.0
"""For answering one upload: 20,000 pictures of the largest size would keep its place for half a day."""

File = tuple[str, bytes | LiveError]
"""A picture's name, and its bytes or why there are none."""


class Summary(msgspec.Struct, frozen=True):
    """The last line of a batch."""

    pictures: int
    predictions: int
    errors: int
    seconds: float


class LastLine(msgspec.Struct, frozen=True):
    """What ends a batch."""

    summary: Summary


class FaultLine(msgspec.Struct, frozen=True):
    """A picture that has no prediction."""

    name: str
    error: Fault


def files_of(upload: Upload, settings: Settings) -> Iterator[File]:
    """Yield all pictures of an upload, those in ZIP files among them. Blocking; one thread at a time."""
    left = settings.max_pictures
    # A form's other fields are no pictures, unless nothing else in it is one.
    files_alone = [part for part in upload.parts if part.name or part.field in ("", "picture")]
    for part in files_alone or upload.parts:
        name = part.name or part.field or "picture"
        head = upload.read(part._replace(size=min(part.size, 4)))
        if part.size > settings.max_picture_bytes and not is_archive(head):
            files: Iterator[File] = iter([(name, _too_large(settings))])
        elif is_archive(head):
            limit = settings.max_picture_bytes
            files = read_archive(upload.file, part.offset, part.size, limit, settings.max_pictures)
        else:
            files = iter([(name, upload.read(part))])
        try:
            for file in files:
                if not left:
                    yield name, TooLarge(f"Expected at most {settings.max_pictures} pictures, got more")
                    return
                left -= 1
                yield file
        except LiveError as error:
            yield name, error


async def answer_all(
    service: Service, files: Iterator[File], model: str, include: tuple[Include, ...], who: str = ""
) -> AsyncGenerator[bytes]:
    """Yield a line of JSON for each file, as they are done, and a summary; who: whose upload it is."""
    began, answered, failed = time.perf_counter(), 0, 0
    pending: set[asyncio.Task[dict[str, object] | FaultLine]] = set()
    is_exhausted = False
    try:
        while pending or not is_exhausted:
            if not is_exhausted and len(pending) < UPLOADED_AT_ONCE:
                turn = await service.uploaded.take(who)
                file = None
                try:
                    file = await asyncio.to_thread(next, files, None)
                finally:
                    if file is None:
                        service.uploaded.give_back(turn)
                is_late = time.perf_counter() - began > _MOST_S
                is_exhausted = file is None or is_late
                if file:
                    if is_late:
                        file = file[0], _too_long()
                    task = asyncio.create_task(_answer(service, file, model, include, who))
                    task.add_done_callback(partial(_end_turn, service, turn))
                    pending.add(task)
                continue
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                line = task.result()
                failed += isinstance(line, FaultLine)
                answered += not isinstance(line, FaultLine)
                yield msgspec.json.encode(line) + b"\n"
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
    seconds = round(time.perf_counter() - began, 3)
    yield msgspec.json.encode(LastLine(Summary(answered + failed, answered, failed, seconds))) + b"\n"


def _end_turn(service: Service, turn: int, _: object) -> None:
    service.uploaded.give_back(turn)


async def _answer(
    service: Service, file: File, model: str, include: tuple[Include, ...], who: str
) -> dict[str, object] | FaultLine:
    name, data = file
    try:
        if isinstance(data, LiveError):
            raise data
        if service.is_over:
            raise Overloaded("Expected to read it, but the server is shutting down")
        image = await service.bulk_decoder.decode(Picture(0, data), who)
        snapshot = Snapshot(0, 0, ink.BLANK)
        prediction = await Inquiry(service, snapshot, model, include, image).ask(is_bulk=True)
    except LiveError as error:
        return FaultLine(name, Fault(error.code, error.message))
    return {"name": name, **_fields(prediction)}


def _fields(prediction: Prediction) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(prediction)
    return fields


def _too_long() -> LiveError:
    return TooLarge(f"Expected an upload that is answered within {_MOST_S:g} s; no more of it is read")


def _too_large(settings: Settings) -> LiveError:
    return TooLarge(f"Expected a picture of at most {settings.max_picture_bytes} bytes, got more")
