"""The HTTP routes that predict: one picture or drawing, or an upload of many.

Beside routes.py, which lists them. Single requests share the batcher with those who draw; uploads wait in its
lower lane.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from http import HTTPStatus
from typing import cast, get_args

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from live import bulk, ink, parsing, uploads
from live.errors import BadMessage, TooLarge, TooSlow, UnknownModel
from live.gate import address_of, whose
from live.ink import Image, Ink
from live.inquiry import Inquiry
from live.messages import Include, Picture, Snapshot
from live.places import Places
from live.service import Service
from live.settings import Settings
from live.uploads import Part, Upload

NDJSON = "application/x-ndjson"
_FORM_OVERHEAD = 65_536
"""Bytes that a form may add to one picture."""
_MAX_PICTURES = _MAX_DRAWINGS = 128
"""Single ones on their way in at a time: pictures wait on the disk, drawings in memory, of a megabyte."""
_MIN_BYTES_PER_S = 16_384
"""How fast a body must come in, on average, once the time for saying anything at all is over."""


def prediction_routes(service: Service) -> list[BaseRoute]:
    """List the routes, bound to the service."""
    pictures, drawings = Places(_MAX_PICTURES, "pictures"), Places(_MAX_DRAWINGS, "drawings")

    async def predict(request: Request) -> Response:
        """Answer one picture or drawing."""
        await service.until_ready()
        model, include = _wanted(request, service)
        drawing, image = await _drawing(request, service, pictures, drawings)
        inquiry = Inquiry(service, Snapshot(0, 0, drawing), model, include, image)
        return Response(msgspec.json.encode(await inquiry.ask()), media_type="application/json")

    async def batch(request: Request) -> Response:
        """Answer many pictures, a line each."""
        await service.until_ready()
        model, include = _wanted(request, service)
        who = _who(request)
        service.uploads.take(who)
        try:
            settings = service.settings
            upload = await _upload(request, settings, settings.max_upload_bytes, settings.max_pictures)
        except BaseException:
            service.uploads.give_back(who)
            raise
        files = bulk.files_of(upload, service.settings)
        lines = bulk.answer_all(service, files, model, include, who)
        return _Lines(lines, upload, partial(service.uploads.give_back, who))

    return [
        Route("/v1/predict", predict, methods=["POST"]),
        Route("/v1/batch", batch, methods=["POST"]),
    ]


class _Lines(StreamingResponse):
    """A batch's answer; when it ends, however it ends, so does all that it held."""

    def __init__(self, lines: AsyncGenerator[bytes], upload: Upload, give_back: Callable[[], None]) -> None:
        """give_back: its place."""
        super().__init__(lines, media_type=NDJSON)
        self._lines = lines
        self._upload = upload
        self._give_back = give_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._give_back()
            await self._lines.aclose()
            self._upload.close()


def _wanted(request: Request, service: Service) -> tuple[str, tuple[Include, ...]]:
    """Read the model and what to include from the address."""
    names = [model.name for model in service.models]
    default = next(model.name for model in service.models if model.default)
    model = request.query_params.get("model", default)
    if model not in names:
        raise UnknownModel(f"Expected one of the models {', '.join(names)}, got another")
    wanted = [word for text in request.query_params.getlist("include") for word in text.split(",") if word]
    known = get_args(Include)
    if not set(wanted) <= set(known):
        raise BadMessage(f"Expected include of {', '.join(known)}, got another")
    return model, cast("tuple[Include, ...]", tuple(dict.fromkeys(wanted)))


def _who(request: Request) -> str:
    return whose(address_of(request.scope))


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _drawing(
    request: Request, service: Service, pictures: Places, drawings: Places
) -> tuple[Ink, Image | None]:
    """Take ink or a picture out of a body, whatever it calls itself: no picture begins with a brace.

    `curl -d` and `fetch` send JSON as something else, unless they are told.
    pictures, drawings: places for those on their way in.
    """
    kind, settings = _kind(request), service.settings
    if kind == "application/json":
        with drawings.one():
            async with _part(request, settings, settings.max_frame_bytes) as (upload, part):
                return parsing.decode_body(upload.read(part), settings.limits), None
    with pictures.one():
        async with _part(request, settings, settings.max_picture_bytes, kind) as (upload, part):
            if upload.read(part._replace(size=min(part.size, 64))).lstrip().startswith(b"{"):
                if part.size > settings.max_frame_bytes:
                    raise TooLarge(f"Expected ink of at most {settings.max_frame_bytes} bytes, got more")
                return parsing.decode_body(upload.read(part), settings.limits), None
            if kind.startswith("text/"):
                raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Expected a picture, JSON or a form")
            return ink.BLANK, await service.decoder.decode(
                lambda: Picture(0, upload.read(part)), _who(request)
            )


@contextlib.asynccontextmanager
async def _part(
    request: Request, settings: Settings, limit: int, kind: str = ""
) -> AsyncIterator[tuple[Upload, Part]]:
    """Take in what a request asks about: the body itself, or, of a form, the field `picture`."""
    is_form = kind == "multipart/form-data"
    if is_form:
        upload = await _upload(request, settings, limit + _FORM_OVERHEAD, 16)
    else:
        upload = await _upload(request, settings, limit, 1, content_type="")
    try:
        part = next((part for part in upload.parts if not is_form or part.field == "picture"), None)
        if part is None:
            raise BadMessage("Expected a form with a field called picture, got one without")
        if part.size > limit:
            raise TooLarge(f"Expected a picture of at most {limit} bytes, got more")
        yield upload, part
    finally:
        upload.close()


async def _upload(
    request: Request, settings: Settings, max_bytes: int, max_parts: int, content_type: str | None = None
) -> Upload:
    """Take in a body whole."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        told = "Expected a body without Content-Encoding, got one with it"
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, told, {"Accept-Encoding": "identity"})
    if content_type is None:
        content_type = request.headers.get("content-type", "")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise TooLarge(f"Expected a body of at most {max_bytes} bytes, got more")
    try:
        return await uploads.receive(_in_time(request, settings), content_type, max_bytes, max_parts)
    except ClientDisconnect:
        raise BadMessage("Expected a body, but the client left") from None


async def _in_time(request: Request, settings: Settings) -> AsyncGenerator[bytes]:
    """Pass a body on while it comes fast enough. Raises TooSlow.

    Who trickles has no longer than who is silent, or a few such would take all places for uploads.
    """
    chunks = aiter(request.stream())
    clock = asyncio.get_running_loop().time
    began, size = clock(), 0
    while True:
        seconds = min(settings.handshake_s + size / _MIN_BYTES_PER_S, settings.upload_s)
        try:
            async with asyncio.timeout_at(began + seconds):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlow(f"Expected a body within {seconds:.0f} s, got {size} bytes of one") from None
        size += len(chunk)
        yield chunk
