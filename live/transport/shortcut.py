"""The shortcut: between the socket and a session without waking a task, where ASGI's way wakes two.

Between connection.py, which has the session, and framing.py, which has the socket. ASGI's way is calls that
are awaited: a task is woken for each message that comes and for each answer, which takes 3 to 5 µs, as long
as parsing the one and encoding the other.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from struct import Struct as Layout
from typing import Any, Protocol

TEXT = 0x81
"""First byte of a frame that is a whole text message."""
SHORT, MEDIUM = 126, 127
"""Lengths from here on are in the next two bytes, or in the next eight."""
_MEDIUM_HEAD = Layout("!BBH")
_LARGE_HEAD = Layout("!BBQ")

NextText = Callable[[], str | None]
"""Hands out the next text to send, None when there is none."""
TakeIn = Callable[[Sequence[str | bytes], bool], None]
"""Takes in messages that were read together, and whether more was read already."""


class Shortcut(Protocol):
    """What our server offers an application beside ASGI's `receive` and `send`."""

    def deliver_to(self, take_in: TakeIn | None) -> None:
        """Hand plain messages over at once while the application waits in `receive` for the next event."""

    def hold(self) -> None:
        """Read no more from the socket, and hand nothing over, until `go_on`."""

    def go_on(self) -> None:
        """Read on."""

    def write_texts(self, next_text: NextText) -> None:
        """Send texts at once, until there are none or the socket takes no more just now.

        Not to be called while `send` is awaited, which may hold an older message.
        """


_EXTENSION = "live.shortcut"


def offer(extensions: MutableMapping[str, Any], shortcut: Shortcut) -> None:
    """Offer an application the shortcut, among the extensions in its ASGI scope."""
    extensions[_EXTENSION] = {"shortcut": shortcut}


def withdraw(extensions: MutableMapping[str, Any]) -> None:
    """Take the offer back."""
    extensions.pop(_EXTENSION, None)


def offered(scope: Mapping[str, Any]) -> Shortcut | None:
    """Return the shortcut that an ASGI scope offers; another server's than ours has none."""
    shortcut: Shortcut | None = scope.get("extensions", {}).get(_EXTENSION, {}).get("shortcut")
    return shortcut


def frame(text: bytes) -> bytes:
    """Frame a text message, unmasked, as servers do."""
    length = len(text)
    if length < SHORT:
        return bytes((TEXT, length)) + text
    if length <= 0xFFFF:
        return _MEDIUM_HEAD.pack(TEXT, SHORT, length) + text
    return _LARGE_HEAD.pack(TEXT, MEDIUM, length) + text
