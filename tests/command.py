"""What the commands of the bench and of chaos have in common: how they end."""

import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from live.errors import BadMessage, StartError
from trainer.errors import TrainerError

_STOPPED = 130


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a command, and exit with what it returns; where it can't be done, with 1 and a line that says why.

    Ctrl+C and SIGTERM end it with 130, and with all that it has started.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(_STOPPED)
    except (BadMessage, FileNotFoundError, StartError, TrainerError) as error:
        sys.exit(str(error))
