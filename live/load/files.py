"""The files that a report goes to: looked at before the test, written after it, each for itself."""

from pathlib import Path

from live.errors import StartError


def check(path: Path) -> None:
    """Raise StartError when a report can't be written there, before there is one to lose."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            return  # A pipe would take the look for the report.
        is_new = not path.exists()
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise StartError(_say(path, error)) from None


def write(path: Path, report: bytes) -> list[str]:
    """Write a report; return why it could not be, or nothing."""
    try:
        path.write_bytes(report)
    except OSError as error:
        return [_say(path, error)]
    return []


def _say(path: Path, error: OSError) -> str:
    return f"Expected to write {path}, but: {error.strerror or error}"
