"""What the commands of the bench and of chaos have in common: parts to choose from, and how they end."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn

import psutil

from live.errors import BadMessage, StartError
from trainer.errors import TrainerError

_STOPPED = 130


def add_parts(parser: argparse.ArgumentParser, parts: Mapping[str, object]) -> None:
    """Have a command take parts of itself by name, as its option `parts`: those named, or all."""

    def find(name: str) -> object:
        if name not in parts:
            raise argparse.ArgumentTypeError(f"expected one of {', '.join(parts)}, got {name!r}")
        return parts[name]

    parser.add_argument(
        "parts",
        nargs="*",
        type=find,
        default=list(parts.values()),
        metavar="PART",
        help=f"{', '.join(parts)} (default: all)",
    )


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a command, and exit with what it returns; where it can't be done, with 1 and a line that says why.

    Ctrl+C and SIGTERM end it with 130, and with all that it has started.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # One that was just being started has nobody else who knows of it.
        for started in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                started.kill()
        sys.exit(_STOPPED)
    except (BadMessage, FileNotFoundError, StartError, TrainerError) as error:
        sys.exit(str(error))
