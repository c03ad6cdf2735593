"""README.md: its examples, each run as printed, what it names, and the figures of its models.

A code block is an example when the line before it is `<!-- test: NAME -->`. Only the server's address is
changed, to that of the tests' own; digit.png, a two, lies where the example runs.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from live.settings import WEIGHTS
from tests.conftest import ROOT, RunningServer, require
from tests.live.pages import draw, encoded

ADDRESS = "127.0.0.1:8000"
_EXAMPLE = re.compile(r"<!-- test: ([\w-]+) -->\s*```\w*\n(.*?)```", re.DOTALL)

README = (ROOT / "README.md").read_text()
FIGURES = {
    "parameters": "{} parameters",
    "MNIST test, n = 10,000": r"\| MNIST test, right \| {} %",
    "the same without eight images of disputed labels": r"\| the same without images .* \| {} % \| 9,992",
    "pens of writers never seen, last point, n = 2,011": r"\| pens of unseen writers, right \| {} % \| 2,011",
    "slashed, dotted and barred zeros, crossed sevens, ones with an upstroke or a foot, made from these": (
        r"\| regional forms .* \| {} %"
    ),
    "calibration error on the pens (ECE, 15 bins)": r"calibration error \(15 bins\) \| {} %",
    "unseen letters and scrawl against digits, AUROC": r"against digits, AUROC \| {} ",
    "digits kept when 95 % of those are rejected": r"those are rejected \| {} %",
}
"""A row of the table of models: what a card says of the same."""

Run = Callable[[str, Path, str], str]
"""Code, the folder to run in and the server's address → what it prints."""


def find_examples(text: str) -> dict[str, str]:
    """Find the examples of a page of Markdown, by name."""
    return dict(_EXAMPLE.findall(text))


def run_python(code: str, folder: Path, _: str) -> str:
    return _run([sys.executable, "-c", code], folder)


def run_node(code: str, folder: Path, _: str) -> str:
    node = require(shutil.which("node"), "Node.js")
    version = int(_run([node, "--version"], folder).lstrip("v").split(".")[0])
    # WebSocket is there by itself from 22 on.
    flags = [] if version >= 22 else ["--experimental-websocket"]
    script = folder / "example.mjs"
    script.write_text(code)
    return _run([node, *flags, str(script)], folder)


def run_shell(code: str, folder: Path, _: str) -> str:
    require(shutil.which("curl"), "curl")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return _run(["sh", "-e", "-c", code], folder, {**os.environ, "PATH": path})


def run_in_browser(code: str, _: Path, address: str) -> str:
    chromium = require(shutil.which("chromium"), "Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://{address}/")
        with page.expect_console_message() as printed:
            page.evaluate(f"() => {{ {code} }}")
        text = printed.value.text
        browser.close()
    return text


RUNS: dict[str, tuple[Run, str]] = {
    "python": (run_python, r"^7 \d+%$"),
    "python-async": (run_python, r"^3 7$"),
    "javascript": (run_node, r"^7 0\.\d+"),
    "shell": (run_shell, r'"digit":2,'),
    "shell-batch": (run_shell, r'"name":"digit.png".*"digit":2,(.|\n)*"pictures":1,'),
    "predict": (run_shell, r"^digit\.png +2 "),
}
"""Each example's name: how it is run, and what it must print."""
BROWSER = {"javascript": (run_in_browser, RUNS["javascript"][1])}


@pytest.mark.parametrize("code", find_examples(README).items(), ids=lambda e: e[0])
def test_examples_do_what_they_say(code: tuple[str, str], server: RunningServer, tmp_path: Path) -> None:
    check_example(*code, server, tmp_path)


def test_what_it_tells_to_install_and_to_run_is_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"\.\[(\w+)\]", README)) <= extras.keys()
    modules = set(re.findall(r"python -m ([\w.]+)", README))
    assert modules
    for module in modules:
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_a_source_archive_has_its_pictures_and_all_that_make_test_needs() -> None:
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]
    shown = re.findall(r"!\[.*?\]\((.+?)\)", README)
    needed = re.findall(r"\b\w+\.json\b", (ROOT / "Makefile").read_text())
    assert {*shown, *needed} <= set(targets["sdist"]["include"])
    assert all((ROOT / name).exists() for name in targets["sdist"]["include"])


def test_its_listing_is_of_files_that_are_there() -> None:
    listing = README.rpartition("the listing reads as the pipeline.\n\n```\n")[2].partition("```")[0]
    rows = listing.splitlines()
    assert rows
    for row in rows:
        path = ROOT / row.split()[0]
        assert path.is_dir() if row.split()[0].endswith("/") else path.is_file(), row
        for other in re.findall(r"\b\w+\.py\b", row.partition(" ")[2]):
            assert (ROOT / "live" / other).is_file(), row


def test_figures_of_models_are_their_cards() -> None:
    table = [row.strip("|").split("|") for row in README.splitlines() if row.startswith("| ")]
    [head] = [row for row in table if "`compact` (default)" in row[-2]]
    models = [cell.split("`")[1] for cell in head[1:]]
    for told, carded in FIGURES.items():
        [row] = [row for row in table if row[0].strip() == told]
        for model, figure in zip(models, row[1:], strict=True):
            card = (WEIGHTS / f"{model}.md").read_text()
            assert re.search(carded.format(re.escape(figure.strip().removesuffix(" %"))), card), (model, told)


def check_example(name: str, code: str, server: RunningServer, folder: Path) -> None:
    """Run an example everywhere that it is meant to run."""
    assert name in RUNS, f"Expected an example of {', '.join(RUNS)}, got {name}"
    (folder / "digit.png").write_bytes(encoded(draw("two")))
    address = f"{server.host}:{server.port}"
    for run, expected in filter(None, (RUNS[name], BROWSER.get(name))):
        printed = run(code.replace(ADDRESS, address), folder, address)
        assert re.search(expected, printed, re.MULTILINE), printed


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    found = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=folder, env=environment, check=False
    )
    assert found.returncode == 0, found.stderr
    return found.stdout
