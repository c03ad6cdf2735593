"""`live-digits` on a machine that has no room for another process, for as long as there is a file.

CROWDED=FILE python -m tests.crowded serve …
"""

import errno
import os
import sys
from collections.abc import Callable
from multiprocessing import util
from pathlib import Path
from typing import Any

from live.__main__ import main


def crowd(sign: Path) -> None:
    """Have no process started while the file is there."""
    spawn: Callable[..., int] = util.spawnv_passfds

    def spawn_if_there_is_room(*arguments: Any) -> int:
        if sign.exists():
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return spawn(*arguments)

    util.spawnv_passfds = spawn_if_there_is_room  # type: ignore[assignment]


if __name__ == "__main__":
    crowd(Path(os.environ["CROWDED"]))
    sys.exit(main())
