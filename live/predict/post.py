"""A picture that is too large for a session's frames → its prediction, over HTTP.

For the command `predict`: the same server takes larger pictures there.
"""

import contextlib
from collections.abc import Sequence
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec

from live.address import http_url
from live.client import Refused
from live.messages import Include, Prediction

_PATH = "/v1/predict"


class _Fault(msgspec.Struct):
    code: str
    message: str


class _Refusal(msgspec.Struct):
    error: _Fault


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
    if token:
        headers["Authorization"] = f"Bearer {token}"
    # The address is one of http or https.
    request = Request(http_url(server, _PATH, query), picture, headers)  # noqa: S310
    # What is before a server may have its own limits, answer as it likes, or hang up while it is sent to.
    with contextlib.suppress(OSError, HTTPException, msgspec.DecodeError):
        try:
            with urlopen(request, timeout=timeout_s) as response:  # noqa: S310
                return msgspec.json.decode(response.read(), type=Prediction)
        except HTTPError as refusal:
            with refusal:
                fault = msgspec.json.decode(refusal.read(), type=_Refusal).error
            raise Refused(fault.code, fault.message) from None
    return None
