"""Logs: lines for people, or JSON for machines, on standard error.

What is logged never holds ink, pictures, tokens or what a client wrote; what a fault was about is in its
traceback, which goes nowhere else.
"""

import logging
import sys
from typing import Any

import msgspec

_PLAIN = {*vars(logging.makeLogRecord({})), "asctime", "message"}
"""What every record has; whatever else it has came with `extra`."""


class _Lines(logging.Formatter):
    """`2026-01-31 12:00:00 info live.connection: session ended seconds=12.1 predictions=42`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802, as logging has it
        record.levelname = record.levelname.lower()
        details = "".join(f" {name}={value}" for name, value in _details(record).items())
        return super().formatMessage(record) + details


class _Json(logging.Formatter):
    """One JSON object a line: time (seconds since 1970), level, logger, message, and the details."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_details(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def _details(record: logging.LogRecord) -> dict[str, Any]:
    """Pick what was logged with `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def as_json(name: str, message: str) -> str:
    """Write a line as that logger would, for standard output."""
    return _Json().format(logging.LogRecord(name, logging.INFO, "", 0, message, (), None))


def configure(is_json: bool, level: str) -> None:
    """Send every logger's lines from `level` on to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if is_json else _Lines())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # uvicorn's own lines on every connection say less than ours, and its warnings are of what clients do.
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(_is_our_fault)


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Leave out the error that uvicorn sees in a client that left in the middle of its handshake."""
    return "without completing handshake" not in str(record.msg)
