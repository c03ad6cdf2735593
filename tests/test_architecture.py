"""The house rules: which room may know what."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULES = sorted([*(ROOT / "live").rglob("*.py"), *(ROOT / "trainer").rglob("*.py")])
PAGE = sorted((ROOT / "frontend").rglob("*.js"))


def imports(path: Path) -> set[str]:
    """List what a module imports, dotted, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_level(path: Path) -> set[str]:
    """List the packages that merely importing a module imports."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_starlette_stays_at_the_door(path: Path) -> None:
    knows = any(module.split(".")[0] == "starlette" for module in imports(path))
    rooms = ("app", "endpoint", "connection", "routes", "asking", "cluster")
    doors = {f"live/{room}.py" for room in rooms}
    assert not knows or name(path) in doors


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_tensorflow_stays_with_the_models_and_comes_late(path: Path) -> None:
    heavy = {"keras", "tensorflow", "ai_edge_litert", "matplotlib"}
    if path.is_relative_to(ROOT / "live"):
        assert not top_level(path) & heavy
    knows = any(module.split(".")[0] in heavy for module in imports(path))
    assert not knows or path.parent.name == "trainer" or name(path) == "live/recogniser.py"


def test_the_trainers_help_needs_no_keras() -> None:
    check = "import sys, trainer.__main__; print({'keras', 'tensorflow'} & set(sys.modules))"
    command = [sys.executable, "-c", check]
    assert subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout == "set()\n"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_server_does_not_know_the_trainer_which_knows_only_ink_and_pictures(path: Path) -> None:
    if path.parent.name == "trainer":
        rooms = {module.split(".")[1] for module in imports(path) if module.startswith("live.")}
        assert rooms <= {"ink", "pictures"}
    else:
        assert not any(module.split(".")[0] == "trainer" for module in imports(path))


CORE = (
    "bucket counts explaining/explain gate ink messages parsing patience pictures/paper session splat verdict"
)


@pytest.mark.parametrize("module", CORE.split())
def test_the_core_does_no_io_and_reads_no_clock(module: str) -> None:
    known = {found.split(".")[0] for found in imports(ROOT / "live" / f"{module}.py")}
    assert not known & {"asyncio", "time", "socket", "threading", "pathlib", "os", "random", "logging"}


@pytest.mark.parametrize("module", ["batcher", "lanes"])
def test_the_batcher_knows_no_model(module: str) -> None:
    known = {found for found in imports(ROOT / "live" / f"{module}.py") if found.startswith("live")}
    known = {found for found in known if not found.startswith("live.lanes")}
    assert known <= {"live.errors"} | {
        f"live.errors.{found}" for found in ("Internal", "Leaving", "LiveError")
    }


def test_one_module_of_the_page_knows_websockets() -> None:
    knowing = [path.name for path in PAGE if re.search(r"new WebSocket\b", path.read_text())]
    assert len(knowing) == 1


@pytest.mark.parametrize("path", [*MODULES, *PAGE], ids=name)
def test_files_are_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 320


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))
