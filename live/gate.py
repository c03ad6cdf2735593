"""The gate: who may connect, decided before anything is accepted.

Asked by the websocket's endpoint and for every HTTP route under /v1/, with the request's headers. No I/O.
"""

import contextlib
import hmac
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from live.errors import BadMessage, Forbidden, Unauthorised
from live.messages import SUBPROTOCOL

TOKEN_PREFIX = "live-digits.token."  # noqa: S105
"""A browser's websocket has no headers to put a token in: it offers it as a subprotocol behind this.

Not every sign may stand in a subprotocol; those of the token may be percent-encoded.
"""


_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def check_origin(headers: Mapping[str, str], allowed: Iterable[str]) -> None:
    """Let pages of our own host in, those of allowed origins, and whoever is no page.

    Browsers let any site's page open a websocket to us in its visitor's name, but say whose page it is.
    Raises Forbidden.
    """
    origin = headers.get("origin")
    if origin is None:
        return
    scheme, _, place = origin.lower().partition("://")
    port = _DEFAULT_PORTS.get(scheme, "")
    # Browsers leave the port out where it is the scheme's; a proxy may write it.
    if place and place.removesuffix(port) == headers.get("host", "").lower().removesuffix(port):
        return
    if not {origin, "*"} & set(allowed):
        raise Forbidden("Expected a page of this server's own host or of an allowed origin, got another's")


def check_token(headers: Mapping[str, str], offered: Sequence[str], token: str) -> None:
    """Let in who brings the token, as a bearer in Authorization or as a subprotocol.

    Raises Unauthorised. Takes the same time wherever a wrong token differs.
    """
    if not token:
        return
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    # Header bytes are read as Latin-1, and sent as UTF-8 by some.
    bearers = [bearer.strip(), bearer.strip().encode("latin-1").decode(errors="replace")]
    brought = bearers if scheme.lower() == "bearer" else []
    hidden = [name.removeprefix(TOKEN_PREFIX) for name in offered if name.startswith(TOKEN_PREFIX)]
    brought += [*hidden, *map(unquote, hidden)]
    if not any(hmac.compare_digest(found.encode(), token.encode()) for found in brought):
        raise Unauthorised(f"Expected the server's token, got {'a wrong one' if brought else 'none'}")


def choose_subprotocol(offered: Sequence[str]) -> str | None:
    """Choose ours if it is offered, none if nothing is. Raises BadMessage when only others are."""
    versions = [name for name in offered if not name.startswith(TOKEN_PREFIX)]
    if SUBPROTOCOL in versions:
        return SUBPROTOCOL
    if versions:
        raise BadMessage(f"Expected subprotocol {SUBPROTOCOL} or none, got others")
    return None


def address_of(scope: Mapping[str, Any]) -> str:
    """Say where a request of ASGI's comes from; nothing where that has no address."""
    client = scope.get("client")
    return client[0] if client else ""


def in_both_ways(addresses: Iterable[str]) -> list[str]:
    """List addresses and networks; those of IPv4 also as they are called on a socket that is IPv6's, too."""
    found = list(addresses)
    for address in tuple(found):
        with contextlib.suppress(ValueError):
            network = ipaddress.IPv4Network(address, strict=False)
            found.append(f"::ffff:{network.network_address}/{96 + network.prefixlen}")
    return found


@lru_cache(maxsize=4_096)
def whose(address: str) -> str:
    """Say by what to count whoever has an address: nothing for this machine, which no such limit is for.

    Of IPv6 the network of 64 bits: that is what one customer has, and often more (RFC 6177).
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return "" if found.is_loopback else str(ipaddress.IPv6Network((int(found), 64), strict=False))
        # As it is called on a socket for both.
        found = found.ipv4_mapped
    return "" if found.is_loopback else str(found)
