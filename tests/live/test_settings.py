"""Settings: numbers out of their bounds are refused, and help says what is so by default."""

import argparse
import re
from dataclasses import fields
from typing import Any

import pytest

from live.__main__ import HelpFormatter
from live.settings import CLUSTER_KNOBS, KNOBS, ClusterSettings, Settings, add_flags, read_flags

NUMBERS = [knob for knob in fields(ClusterSettings) if isinstance(knob.default, int | float)]
MAY_BE_ZERO = {"port", "workers", "drain_s", "reconnect_ms", "cores_per_replica", "model_replicas"}


def parser() -> argparse.ArgumentParser:
    """Make a parser that knows every setting."""
    made = argparse.ArgumentParser(formatter_class=HelpFormatter)
    add_flags(made, fields(ClusterSettings))
    return made


def read(*flags: str) -> ClusterSettings:
    return read_flags(parser().parse_args(flags), ClusterSettings)


def refusal(capsys: pytest.CaptureFixture[str], name: str, value: object) -> str:
    """Give a flag what it does not take; return why it does not."""
    flag = f"--{name.replace('_', '-')}"
    with pytest.raises(SystemExit) as end:
        read(f"{flag}={value}")
    assert end.value.code == 2
    return capsys.readouterr().err.rpartition(f"argument {flag}: ")[2].strip()


def test_what_is_not_given_is_as_by_default() -> None:
    assert read() == ClusterSettings()


def test_what_is_given_is_read() -> None:
    flags = (
        "--max-batch",
        "7",
        "--idle-s",
        "1.5",
        "--allow-origin",
        "http://a,http://b",
        "--token",
        "secret",
    )
    expected: dict[str, Any] = {"max_batch": 7, "idle_s": 1.5, "token": "secret"}
    assert read(*flags) == ClusterSettings(allow_origin=("http://a", "http://b"), **expected)


def test_a_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVE_DIGITS_TOKEN", "kept")
    assert read().token == "kept"
    assert read("--token", "given").token == "given"


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.name)
@pytest.mark.parametrize("value", [0, -1])
def test_zero_and_less_are_taken_only_where_they_mean_something(
    capsys: pytest.CaptureFixture[str], knob: Any, value: int
) -> None:
    if value == 0 and knob.name in MAY_BE_ZERO:
        assert getattr(read(f"--{knob.name.replace('_', '-')}=0"), knob.name) == 0
        return
    assert re.fullmatch(r"expected at least [\d.]+, got (0|-1)(\.0)?", refusal(capsys, knob.name, value))
    given: dict[str, Any] = {knob.name: value}
    with pytest.raises(ValueError, match=f"Expected {knob.name} of at least "):
        ClusterSettings(**given)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("port", 65_536, "expected at most 65535, got 65536"),
        ("idle_s", "nan", "expected at least 0.001, got nan"),
        ("session_s", "inf", "expected at most 2000000, got inf"),
        ("stuck_s", 1e9, "expected at most 2000000, got 1000000000.0"),
        ("max_snapshots_per_s", "inf", f"expected at most {2**53}, got inf"),
        ("max_points", "many", "expected a whole number, got 'many'"),
        ("drain_s", "long", "expected a number, got 'long'"),
    ],
)
def test_no_number_or_too_large_a_one_is_refused(
    capsys: pytest.CaptureFixture[str], name: str, value: object, why: str
) -> None:
    assert refusal(capsys, name, value) == why


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("allow_origin", "school.example", "https://school.example or *, got school.example"),
        ("allow_origin", "https://a,https://b/page", "https://school.example or *, got https://b/page"),
        ("allow_origin", "", "https://school.example or *, got nothing"),
        ("trusted_proxies", "nginx", "10.0.0.1 or 10.0.0.0/8 or *, got nginx"),
        ("trusted_proxies", "127.0.0.1,10.0.0.1/8", "10.0.0.1 or 10.0.0.0/8 or *, got 10.0.0.1/8"),
    ],
)
def test_what_could_never_match_is_refused(
    capsys: pytest.CaptureFixture[str], name: str, value: str, why: str
) -> None:
    assert re.fullmatch(
        rf"expected \w+( or networks)? such as {re.escape(why)}", refusal(capsys, name, value)
    )
    given: dict[str, Any] = {name: tuple(value.split(","))}
    with pytest.raises(ValueError, match=f"Expected {name} of "):
        ClusterSettings(**given)


def test_what_is_listed_may_have_spaces_and_a_last_slash() -> None:
    found = read("--allow-origin", "https://School.example/, *", "--trusted-proxies", "::1, 10.0.0.0/8")
    assert found.allow_origin == ("https://school.example", "*")
    assert found.trusted_proxies == ("::1", "10.0.0.0/8")


@pytest.mark.parametrize("knobs", [KNOBS, CLUSTER_KNOBS], ids=["serve", "cluster"])
def test_help_shows_each_default_once_and_no_empty_one(knobs: Any) -> None:
    made = argparse.ArgumentParser(formatter_class=HelpFormatter)
    add_flags(made, knobs)
    shown = " ".join(made.format_help().split())
    assert f"(default: {Settings().max_batch})" in shown
    assert "(default: compact, or else the first) --engine" in shown
    assert not re.search(r"\(default: (None|\(\))?\)", shown)
