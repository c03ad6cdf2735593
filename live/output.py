"""Standard output that takes no more: a full disk, or a reader that has had enough.

For the commands `predict` and `load`.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

from live.errors import StartError


@contextlib.contextmanager
def writing(what: str) -> Iterator[None]:
    """Raise StartError where it can't be printed, and SystemExit(1) where nobody reads any more."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        # Python would complain again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        raise StartError(f"Expected to write {what}, but: {error.strerror or error}") from None
