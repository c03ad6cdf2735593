"""A picture that is too large for a session's frames → its prediction, over HTTP.

For the command `predict`: the same server takes larger pictures there.
"""

import contextlib
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPSHandler, Request, build_opener

import msgspec

from live.address import http_url
from live.client import Refused
from live.messages import FaultBody, Include, Prediction

_PATH = "/v1/predict"


class _Connection(HTTPConnection):
    """One that is read also when it was closed in the middle of sending: it was answered before that."""

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        with contextlib.suppress(ConnectionError):
            super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same with TLS."""


class _Handler(HTTPHandler):
    def http_open(self, request: Request) -> Any:
        return self.do_open(_Connection, request)


class _SecureHandler(HTTPSHandler):
    def https_open(self, request: Request) -> Any:
        return self.do_open(_SecureConnection, request)


def send(
    server: str,
    picture: bytes,
    *,
    model: str | None,
    include: Sequence[Include],
    token: str,
    timeout_s: float,
) -> Prediction | None:
    """Have a server read a picture's file; None where nobody there says anything of it. Raises Refused."""
    query = {"include": ",".join(include), **({"model": model} if model else {})}
    headers = {"Content-Type": "application/octet-stream"}
    request = Request(http_url(server, _PATH, query), picture, headers)  # noqa: S310 - http or https
    if token:
        # Not for whoever a redirect leads to.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    # What is before a server may have its own limits, answer as it likes, or hang up while it is sent to.
    with contextlib.suppress(OSError, HTTPException, msgspec.DecodeError):
        try:
            with build_opener(_Handler, _SecureHandler).open(request, timeout=timeout_s) as response:
                return msgspec.json.decode(response.read(), type=Prediction)
        except HTTPError as refusal:
            with refusal:
                fault = msgspec.json.decode(refusal.read(), type=FaultBody).error
            raise Refused(fault.code, fault.message) from None
    return None
