"""A server that a command has at its other end: its token, and why there is none.

For `predict`, `draw` and `load`.
"""

import argparse
import contextlib
from collections.abc import Iterator

from live.address import BadAddress
from live.errors import StartError, UnknownModel

REACH_S = 3.0
"""Who is at the other end of a command waits no longer for a server that is not there at all."""


def add_token(parser: argparse.ArgumentParser) -> None:
    """Add the flag for what a server asks for."""
    what = "what the server asks for, if anything; better in the environment, as LIVE_DIGITS_TOKEN"
    parser.add_argument("--token", default="", help=what)


@contextlib.contextmanager
def reaching(url: str) -> Iterator[None]:
    """Raise StartError where a client raises that there is no server, no such model, or no way in."""
    from live.client import Refused

    try:
        yield
    except BadAddress as error:
        raise StartError(str(error)) from None
    except (Refused, OSError) as error:
        if isinstance(error, Refused) and error.code == UnknownModel.code:
            raise StartError(error.message) from None
        raise StartError(f"Expected a server at {url}, but: {error}") from None
