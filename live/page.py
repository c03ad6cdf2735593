"""The page's files as they are sent: each read and compressed once, when it is first asked for.

Asked by the route that serves the page. A file that was edited since is read again.
"""

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Copy(NamedTuple):
    """One encoding of a file; its entity tag is its own, as RFC 9110 (section 8.8.3) has it."""

    body: bytes
    tag: str
    encoding: str = ""


class File(NamedTuple):
    """A file of the page, as it is and compressed."""

    media_type: str
    changed_ns: int
    plain: Copy
    gzip: Copy

    def copy_for(self, accept_encoding: str) -> Copy:
        """Choose what the client takes and is shorter."""
        is_shorter = len(self.gzip.body) < len(self.plain.body)
        return self.gzip if is_shorter and _takes_gzip(accept_encoding) else self.plain


class Page:
    """A flat folder of files; nothing outside of it, and of no other kinds, is ever served."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, File] = {}

    def find(self, name: str) -> File | None:
        """Find a file by its name in the folder."""
        media_type = MEDIA_TYPES.get(Path(name).suffix)
        if not media_type or Path(name).name != name:
            return None
        path = self._folder / name
        try:
            changed_ns = path.stat().st_mtime_ns
            file = self._files.get(name)
            if not file or file.changed_ns != changed_ns:
                self._files[name] = file = _read(path, media_type, changed_ns)
        except (OSError, ValueError):  # ValueError: a name with a zero byte
            return None
        return file


def is_known(tag: str, if_none_match: str) -> bool:
    """Tell whether a client has this copy already."""
    known = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in known or "*" in known


def _read(path: Path, media_type: str, changed_ns: int) -> File:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:16]
    # No time of packing inside: the same file is the same bytes on every server of a cluster.
    packed = gzip.compress(body, mtime=0)
    return File(media_type, changed_ns, Copy(body, f'"{digest}"'), Copy(packed, f'"{digest}-gzip"', "gzip"))


def _takes_gzip(accept_encoding: str) -> bool:
    weights = {}
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.partition(";")
        weights[coding.strip()] = weight.strip().removeprefix("q=")
    weight = weights.get("gzip", weights.get("*", "0"))
    return weight.strip("0.") != "" or weight == ""
