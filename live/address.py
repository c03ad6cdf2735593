"""A server's address, as a user gives it → its websocket's, or why nobody can be reached there.

Called by the client, the load tester and the command `predict`.
"""

import os
import re
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

from live.messages import PATH

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class BadAddress(ValueError):
    """What is no address of a server."""


def websocket_url(url: str) -> str:
    """Complete a server's address to that of its websocket. Raises BadAddress."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        # Each looked at for its ValueError: a port that is none, a name that no resolver takes.
        is_fine = parts.scheme in _SCHEMES and parts.port != 0 and (parts.hostname or "").encode("idna")
    except ValueError:
        is_fine = False
    if not is_fine:
        raise BadAddress(f"Expected the URL of a server, such as http://127.0.0.1:8000, got {url}")
    path = parts.path if parts.path.endswith(PATH) else parts.path.rstrip("/") + PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))


def http_url(url: str, path: str, query: Mapping[str, str]) -> str:
    """Complete a server's address to that of one of its routes. Raises BadAddress."""
    parts = urlsplit(websocket_url(url))
    scheme = "https" if parts.scheme == "wss" else "http"
    queries = "&".join(filter(None, (parts.query, urlencode(query))))
    return urlunsplit((scheme, parts.netloc, parts.path.removesuffix(PATH) + path, queries, ""))


def say_why(error: Exception) -> str:
    """Say in a few words why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return f"it does not speak TLS as we do ({error.reason or error})"
    if isinstance(error, socket.gaierror):
        return error.strerror or "its name is not known"
    if isinstance(error, OSError):
        # Of a name with several addresses, asyncio says of each what is wrong, and has no number.
        found = re.search(r"\[Errno (\d+)\]", str(error))
        number = error.errno or (int(found[1]) if found else 0)
        return os.strerror(number) if number else str(error) or type(error).__name__
    return str(error) or type(error).__name__


def say_refused(status: int, has_token: bool) -> str:
    """Say what the server expects of who was not let in, as far as an HTTP status tells."""
    if status == 401:
        return f"Expected a token that the server knows, got {'another' if has_token else 'none'} (HTTP 401)"
    return f"Expected to be let in, got HTTP status {status}"
