"""A server's address, as a user gives it → its websocket's. Called by the client and by the load tester."""

from urllib.parse import urlsplit, urlunsplit

_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_PATH = "/v1/live"


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
    path = parts.path if parts.path.endswith(_PATH) else parts.path.rstrip("/") + _PATH
    return urlunsplit((_SCHEMES[parts.scheme], parts.netloc, path, parts.query, ""))
