"""A server that a command has at its other end: its token, its models. For `predict`, `draw` and `load`."""

import argparse
import contextlib
from collections.abc import Iterator, Sequence

from live.address import BadAddress
from live.errors import StartError

REACH_S = 3.0
"""Who is at the other end of a command waits no longer for a server that is not there at all."""


def add_token(parser: argparse.ArgumentParser) -> None:
    """Add the flag for what a server asks for."""
    what = "what the server asks for, if anything; better given as LIVE_DIGITS_TOKEN"
    parser.add_argument("--token", default="", help=what)


@contextlib.contextmanager
def reaching(url: str) -> Iterator[None]:
    """Raise StartError where a client raises that there is no server, or that it is not let in."""
    from live.client import Refused

    try:
        yield
    except BadAddress as error:
        raise StartError(str(error)) from None
    except (Refused, OSError) as error:
        raise StartError(f"Expected a server at {url}, but: {error}") from None


def check_model(model: str, known: Sequence[str]) -> None:
    """Raise StartError when a model that was asked for is not one of those that are known."""
    if model and model not in known:
        raise StartError(f"Expected one of the models {', '.join(known)}, got {model}")
