"""A server that a command has at its other end. Called by `predict --server`, `draw` and `load`."""

import contextlib
from collections.abc import Iterator

from live.address import BadAddress
from live.client import Refused
from live.errors import StartError

REACH_S = 3.0
"""Who is at the other end of a command waits no longer for a server that is not there at all."""


@contextlib.contextmanager
def reaching(url: str) -> Iterator[None]:
    """Raise StartError where a client raises that there is no server, or that it is not let in."""
    try:
        yield
    except BadAddress as error:
        raise StartError(str(error)) from None
    except (Refused, OSError) as error:
        raise StartError(f"Expected a server at {url}, but: {error}") from None
