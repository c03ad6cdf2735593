"""The command line, before a command has begun."""

import pytest

from live.__main__ import main


def test_who_stops_a_command_that_is_being_imported_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def be_interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", be_interrupted)
    assert main(["predict", "digit.png"]) == 130
    assert capsys.readouterr() == ("", "")
