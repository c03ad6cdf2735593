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


@pytest.mark.parametrize(
    ("words", "flag", "value", "why"),
    [
        (["load", "URL"], "--rate", "inf", "expected at most 100000, got inf"),
        (["load", "URL"], "--rate", "0", "expected at least 0.001, got 0.0"),
        (["load", "URL"], "--ramp", "nan", "expected at least 0, got nan"),
        (["load", "URL"], "--seconds", "1.5", "expected a whole number, got '1.5'"),
        (["load", "URL"], "--sessions", "0", "expected at least 1, got 0"),
        (["predict", "digit.png"], "--timeout-s", "nan", "expected at least 0, got nan"),
        (["draw"], "--timeout-s", "-1", "expected at least 0, got -1.0"),
    ],
)
def test_a_number_out_of_its_bounds_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], words: list[str], flag: str, value: str, why: str
) -> None:
    with pytest.raises(SystemExit) as end:
        main([*words, flag, value])
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith(f"argument {flag}: {why}\n")
