"""The Makefile, on machines that lack something."""

import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT, require


def make(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Have make set up an environment in a folder, with a Python that is a shell script."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{python}\n")
    program.chmod(0o755)
    command = [require(shutil.which("make"), "make"), "-f", str(ROOT / "Makefile"), f"PYTHON={program}"]
    return subprocess.run(
        [*command, ".venv/bin/python"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_half_an_environment_is_not_kept(tmp_path: Path) -> None:
    # Debian's Python without python3-venv makes one that has no pip, says so, and fails.
    found = make(tmp_path, "case $1 in -m) mkdir -p .venv/bin && touch .venv/bin/python && exit 1;; esac")
    assert found.returncode != 0
    assert not (tmp_path / ".venv").exists()


def test_an_old_python_is_named(tmp_path: Path) -> None:
    found = make(tmp_path, "case $1 in -c) exit 1;; --version) echo Python 3.9.1;; esac")
    assert "Expected Python 3.11 or later, got Python 3.9.1" in found.stdout
    assert found.returncode != 0
