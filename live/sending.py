"""Sending: text messages as a websocket's frames, and a short way for them to the socket.

Between connection.py, which has messages, and framing.py, which has the socket. ASGI's way is a call that is
awaited, so a task must be woken for each answer; that takes 3 µs, as long as encoding it.
"""

from collections.abc import Callable, Mapping, MutableMapping
from struct import Struct as Layout
from typing import Any

TEXT = 0x81
"""First byte of a frame that is a whole text message."""
SHORT, MEDIUM = 126, 127
"""Lengths from here on are in the next two bytes, or in the next eight."""
_MEDIUM_HEAD = Layout("!BBH")
_LARGE_HEAD = Layout("!BBQ")

WriteTexts = Callable[[Callable[[], str | None]], None]
"""Sends what a function hands out, at once, until it hands out None or the socket takes no more just now.
Not to be called while `send` is awaited, which may hold an older message."""

_EXTENSION = "live.write_texts"


def offer(extensions: MutableMapping[str, Any], write: WriteTexts) -> None:
    """Offer an application the short way, among the extensions in its ASGI scope."""
    extensions[_EXTENSION] = {"write": write}


def withdraw(extensions: MutableMapping[str, Any]) -> None:
    """Take the offer back."""
    extensions.pop(_EXTENSION, None)


def offered(scope: Mapping[str, Any]) -> WriteTexts | None:
    """Return the short way that an ASGI scope offers; another server's than ours has none."""
    write: WriteTexts | None = scope.get("extensions", {}).get(_EXTENSION, {}).get("write")
    return write


def frame(text: bytes) -> bytes:
    """Frame a text message, unmasked, as servers do."""
    length = len(text)
    if length < SHORT:
        return bytes((TEXT, length)) + text
    if length <= 0xFFFF:
        return _MEDIUM_HEAD.pack(TEXT, SHORT, length) + text
    return _LARGE_HEAD.pack(TEXT, MEDIUM, length) + text
