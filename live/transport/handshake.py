"""A handshake that is none, refused as any other request is: the library says so in plain text.

Below `handing.py`, as the websockets library's side of a connection.
"""

from http import HTTPStatus

import msgspec
from websockets.exceptions import InvalidHandshake, InvalidHeader
from websockets.http11 import Response
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from live.errors import BadMessage
from live.messages import fault_body


class Handshake(ServerProtocol):
    """The library's side of a connection, but for what it says to a wrong handshake."""

    def reject(self, status: StatusLike, text: str) -> Response:
        """Refuse a handshake; of one that is wrong in itself, say what was expected, and echo nothing."""
        wrong = self.handshake_exc
        if not isinstance(wrong, InvalidHandshake):
            return super().reject(status, text)
        status = HTTPStatus(status)
        code = BadMessage.code if status == HTTPStatus.BAD_REQUEST else status.name.lower()
        response = super().reject(status, msgspec.json.encode(fault_body(code, _explain(wrong))).decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
        # RFC 6455 (section 4.4): so a client of another version learns of ours.
        response.headers["Sec-WebSocket-Version"] = "13"
        return response


def _explain(wrong: InvalidHandshake) -> str:
    expected = "Expected a websocket's handshake"
    if not isinstance(wrong, InvalidHeader):
        return f"{expected}, got another request"
    return f"{expected} with a valid {wrong.name}, got {'none' if wrong.value is None else 'another'}"
