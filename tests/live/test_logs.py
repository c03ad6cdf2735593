"""Log lines, for people and for machines."""

import json
import logging
from collections.abc import Iterator

import pytest

from live import logs


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before


def test_json_lines_carry_the_details(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(is_json=True, level="info")
    logging.getLogger("live.test").info("session ended", extra={"predictions": 42})
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["logger"], line["message"]) == ("info", "live.test", "session ended")
    assert line["predictions"] == 42


def test_a_fault_is_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(is_json=True, level="warning")
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("live.test").exception("A batch failed")
    [line] = capsys.readouterr().err.splitlines()
    assert "ValueError: no" in json.loads(line)["traceback"]


def test_text_lines_carry_the_details(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(is_json=False, level="info")
    logging.getLogger("live.test").info("session ended", extra={"predictions": 42})
    assert capsys.readouterr().err.endswith("info live.test: session ended predictions=42\n")


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(is_json=False, level="warning")
    logging.getLogger("live.test").info("session ended")
    assert capsys.readouterr().err == ""
