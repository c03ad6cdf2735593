"""Runs the load tester, as a command or in this process."""

import subprocess
import sys
from typing import Any

from live.load import conductor
from live.load.plan import Plan
from live.load.report import Report
from tests.conftest import ROOT

FEW = ["--sessions", "1", "--seconds", "1", "--ramp", "0"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "live", "load", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=ROOT, check=False)


def load(url: str, **changes: Any) -> Report:
    settings: dict[str, Any] = {
        "sessions": 2,
        "seconds": 1,
        "ramp_s": 0.0,
        "rate": 20.0,
        "steps": 4,
        **changes,
    }
    return conductor.run(Plan(url=url, **settings))
