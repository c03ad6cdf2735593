"""Uploads: an HTTP body → files, kept in a temporary file while they are read.

First step of the flow for HTTP: asking → **uploads** → archives → bulk. The whole body is taken in before
anything is answered: a client that sends first and reads later would else wait for us while we wait for it.
Memory stays at a megabyte, whatever comes; the disk is bounded by the caller.
"""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import AsyncIterable, Callable
from typing import IO, TYPE_CHECKING, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from live.errors import BadMessage, Overloaded, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

log = logging.getLogger(__name__)

_IN_MEMORY = 1_048_576
"""Bytes; a larger body goes to the disk."""
_MAX_HEADER_BYTES = 8_192
"""Of one part's header; file names are rarely over 255."""


class Part(NamedTuple):
    """One file of an upload: the form's field and the file's name, and where its bytes are."""

    field: str
    name: str
    offset: int
    size: int


class Upload:
    """The files of one request. Close it, and they are gone."""

    def __init__(self) -> None:
        # Outlives this call: `close` is for whoever has the upload.
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self.parts: list[Part] = []

    def read(self, part: Part) -> bytes:
        """Read a file whole."""
        self.file.seek(part.offset)
        return self.file.read(part.size)

    def close(self) -> None:
        """Forget the files."""
        # What could not be written, on a full disk, is tried again.
        with contextlib.suppress(OSError):
            self.file.close()


async def receive(chunks: AsyncIterable[bytes], content_type: str, max_bytes: int, max_parts: int) -> Upload:
    """Take in a body: each file of a multipart form, or else the body itself as one nameless file.

    Raises BadMessage when the form can't be read, TooLarge when the body or the number of files is, and
    Overloaded when the disk is full.
    """
    kind, options = parse_options_header(content_type)
    upload = Upload()
    try:
        if kind == b"multipart/form-data":
            boundary = options.get(b"boundary", b"")
            await _receive_form(chunks, upload, boundary, max_bytes, max_parts)
        else:
            size = await _pass(chunks, upload.file.write, max_bytes)
            upload.parts.append(Part("", "", 0, size))
        # What a file still holds back must not fail when it is read.
        await asyncio.to_thread(upload.file.flush)
    except OSError as error:
        upload.close()
        log.warning("An upload could not be kept: %s", error.strerror)
        raise Overloaded("Expected room on the disk for an upload, but there is none now") from None
    except BaseException:
        upload.close()
        raise
    return upload


async def _receive_form(
    chunks: AsyncIterable[bytes], upload: Upload, boundary: bytes, max_bytes: int, max_parts: int
) -> None:
    if not 0 < len(boundary) <= 256:
        raise BadMessage("Expected a multipart form with a boundary, got one without")
    # It warns of every form that is broken: a client must not be able to fill the log.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    form = _Form(upload, max_parts)
    try:
        parser = MultipartParser(boundary, form.callbacks)
        await _pass(chunks, parser.write, max_bytes)
        parser.finalize()
    except FormParserError:
        raise BadMessage("Expected a multipart form, got one that is broken") from None
    if not form.has_ended:
        raise BadMessage("Expected a multipart form to its last boundary, got one that is cut off")


async def _pass(chunks: AsyncIterable[bytes], write: Callable[[bytes], int], max_bytes: int) -> int:
    """Pass a body on, off the event loop; return its size."""
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"Expected a body of at most {max_bytes} bytes, got more")
        if chunk:
            await asyncio.to_thread(write, chunk)
    return size


class _Form:
    """Takes a multipart parser's events and writes what belongs to files."""

    def __init__(self, upload: Upload, max_parts: int) -> None:
        self.has_ended = False
        self._upload = upload
        self._max_parts = max_parts
        self._header = b""
        self._value = b""
        self._names: dict[bytes, bytes] = {}
        self._offset = 0
        self.callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._take_header,
            "on_header_value": self._take_value,
            "on_header_end": self._end_header,
            "on_part_data": self._take_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._header, self._value, self._names = b"", b"", {}
        self._offset = self._upload.file.tell()

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check_header()

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header) + len(self._value) > _MAX_HEADER_BYTES:
            raise TooLarge(f"Expected at most {_MAX_HEADER_BYTES} bytes of header before a file, got more")

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._names = parse_options_header(self._value)[1]
        self._header, self._value = b"", b""

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        self._upload.file.write(data[start:end])

    def _end_part(self) -> None:
        if len(self._upload.parts) >= self._max_parts:
            raise TooLarge(f"Expected at most {self._max_parts} files, got more")
        field, name = (self._names.get(key, b"").decode(errors="replace") for key in (b"name", b"filename"))
        size = self._upload.file.tell() - self._offset
        self._upload.parts.append(Part(field, name, self._offset, size))

    def _end(self) -> None:
        self.has_ended = True
