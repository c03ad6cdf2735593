"""The files that reports go to: looked at before the test, written after it, each for itself."""

import os
import sys
from pathlib import Path

from live.errors import StartError


def check(*paths: Path) -> None:
    """Raise StartError when reports can't be written there, before there are any to lose."""
    for path in paths:
        _check(path)
    if len({path.resolve() for path in paths}) < len(paths):
        raise StartError(f"Expected a file for each report, got {paths[0]} for both")


def is_output(path: Path) -> bool:
    """Say whether a report goes where standard output does, /dev/stdout say: nothing else should."""
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except OSError:
        return False


def write(path: Path, report: bytes) -> list[str]:
    """Write a report; return why it could not be, or nothing."""
    try:
        if is_output(path):
            # Opened once more, it would begin at its beginning again, whatever stands there.
            sys.stdout.buffer.write(report)
            sys.stdout.flush()
        else:
            path.write_bytes(report)
    except OSError as error:
        return [_say(path, error)]
    return []


def _check(path: Path) -> None:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            return  # A pipe would take the look for the report.
        # Of a link, what it leads to: that may be new, and the link is not ours to remove.
        target = Path(os.path.realpath(path))
        is_new = not target.exists()
        target.open("ab").close()
        if is_new:
            target.unlink()
    except OSError as error:
        raise StartError(_say(path, error)) from None


def _say(path: Path, error: OSError) -> str:
    return f"Expected to write {path}, but: {error.strerror or error}"
