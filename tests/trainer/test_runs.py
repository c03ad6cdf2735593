"""Run folders: each is of one run, whatever happened to it."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.trainer.samples import CONFIG
from trainer import runs
from trainer.config import Config, lineage
from trainer.errors import ModelError, TrainerError

OTHER = replace(CONFIG, model="classic", seed=7)


class Weights:
    """A model that can be saved."""

    def __init__(self, contents: str) -> None:
        self._contents = contents

    def save(self, path: Path) -> None:
        path.write_text(self._contents)


def _trained(folder: Path, config: Config = CONFIG, start: Path | None = None) -> Path:
    runs.begin(folder, config, start)
    runs.save(folder, Weights("trained"), [{"epoch": 1}])
    return folder


def test_a_trained_run_is_not_written_over(tmp_path: Path) -> None:
    run = _trained(tmp_path / "run")
    for config in (CONFIG, OTHER):
        with pytest.raises(ModelError, match=r"got .*run with model\.keras: name one with --run"):
            runs.begin(run, config)
    assert Config.load(run / "config.json") == CONFIG


def test_a_run_that_has_not_left_anything_yet_keeps_its_folder(tmp_path: Path) -> None:
    runs.begin(tmp_path, CONFIG)
    with pytest.raises(ModelError, match=r"with config\.json of another"):
        runs.begin(tmp_path, OTHER)


@pytest.mark.parametrize("stale", ["model.tflite", "evaluation.json", "report"])
def test_what_was_measured_of_another_model_keeps_a_run_away(stale: str, tmp_path: Path) -> None:
    (tmp_path / stale).touch()
    with pytest.raises(ModelError, match=f"with {stale}"):
        runs.begin(tmp_path, CONFIG)


def test_a_run_that_left_nothing_begins_again(tmp_path: Path) -> None:
    earlier = _trained(tmp_path / "earlier")
    runs.begin(tmp_path / "run", CONFIG, earlier)
    (tmp_path / "run" / "log.txt").touch()
    runs.begin(tmp_path / "run", CONFIG)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["config.json", "log.txt"]


def test_a_run_does_not_start_from_itself(tmp_path: Path) -> None:
    run = _trained(tmp_path / "run")
    with pytest.raises(ModelError, match="holds no other"):
        runs.begin(run, CONFIG, run)
    assert (run / "model.keras").read_text() == "trained"


def test_a_run_remembers_all_it_started_from(tmp_path: Path) -> None:
    first = _trained(tmp_path / "first", OTHER)
    second = _trained(tmp_path / "second", CONFIG, first)
    expected = CONFIG.as_json() | {"before": OTHER.as_json()}
    assert json.loads(json.dumps(lineage(second))) == json.loads(json.dumps(expected))


@pytest.mark.parametrize(
    ("config", "may_start"),
    [
        (replace(CONFIG, seed=5, data_seed=3), True),
        (replace(CONFIG, held_out=10), True),
        (replace(CONFIG, seed=5, held_out=0), True),
        (replace(CONFIG, seed=5), False),
        (replace(CONFIG, held_out=5_001), False),
    ],
)
def test_nothing_is_held_out_that_a_run_before_has_learnt(
    config: Config, may_start: bool, tmp_path: Path
) -> None:
    first = _trained(tmp_path / "first")
    for start in (first, _trained(tmp_path / "second", replace(CONFIG, held_out=50_000), first)):
        if may_start:
            runs.check_start(start, config)
            continue
        with pytest.raises(TrainerError, match=r"--held-out 0, or at most \d+ with --data-seed 3, of what"):
            runs.check_start(start, config)


def test_another_model_is_not_beside_what_was_measured_of_the_one_before(tmp_path: Path) -> None:
    run = _trained(tmp_path)
    for measured in ("model.tflite", "evaluation.json"):
        (run / measured).touch()
    runs.save(run, Weights("trained on"), [{"epoch": 1}, {"epoch": 2}])
    assert sorted(path.name for path in run.iterdir()) == ["config.json", "history.json", "model.keras"]


def test_a_model_that_is_cut_short_leaves_the_one_before(tmp_path: Path) -> None:
    run = _trained(tmp_path)
    before = {path.name: path.read_bytes() for path in run.iterdir()}

    class Full:
        def save(self, path: Path) -> None:
            path.write_text("half")
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        runs.save(run, Full(), [{"epoch": 1}, {"epoch": 2}])
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_what_is_no_number_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "history.json"
    runs.write(file, [{"loss": 0.1}])
    with pytest.raises(ModelError, match=r"Expected finite numbers to write in .*history\.json"):
        runs.write(file, [{"loss": float("nan")}])
    assert json.loads(file.read_text()) == [{"loss": 0.1}]


def test_a_run_that_is_killed_while_it_saves_keeps_what_it_had(tmp_path: Path) -> None:
    run = _trained(tmp_path)
    (run / "evaluation.json").touch()
    script = f"""
import os, signal
from pathlib import Path
from trainer import runs
class Killed:
    def save(self, path):
        path.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
runs.save(Path({str(run)!r}), Killed(), [])
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    assert (run / "model.keras").read_text() == "trained"
    assert (run / "evaluation.json").exists()
