"""The command line, end to end on small data."""

from pathlib import Path

import pytest

from trainer.__main__ import main


def test_missing_data_is_one_line_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("keras", exc_type=ImportError)
    assert main(["train", "--mnist", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("trainer: Expected train-images-idx3-ubyte")


def test_missing_keras_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["train"]) == 1
    assert "pip install 'live-digits[train]'" in capsys.readouterr().err
