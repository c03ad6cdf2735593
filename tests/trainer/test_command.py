"""The command line, end to end on small data."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.trainer.samples import CONFIG, write_mnist, write_unipen
from trainer import evaluation, mnist
from trainer.__main__ import _config, _read_pens, main
from trainer.config import Config
from trainer.errors import DataError, TrainerError
from trainer.options import parser


def test_missing_data_is_one_line_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("keras", exc_type=ImportError)
    assert main(["train", "--mnist", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("trainer: Expected train-images-idx3-ubyte")


@pytest.mark.tensorflow
def test_a_file_that_can_not_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("keras", exc_type=ImportError)
    few = mnist.Images(np.zeros((9, 28, 28), np.float32), np.arange(9))
    monkeypatch.setattr(mnist, "read", lambda folder: mnist.Mnist(few, few))
    write_unipen(tmp_path)
    (tmp_path / "gone.dat").symlink_to("nowhere")
    run = tmp_path / "run"
    assert main(["train", "--held-out", "1", "--unipen", str(tmp_path), "--run", str(run)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("trainer: Expected to read and write files: [Errno 2]")
    assert not run.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["train", "--model", "bogus"],
            "Expected a model out of mlp, classic, compact, wide, fine, got 'bogus'",
        ),
        (["train", "--epochs", "0"], "Expected epochs of 1 to 4294967295, got 0"),
        (["train", "--repeats", "-3"], "Expected repeats of 1 to 4294967295, got -3"),
        (["train", "--seed", "-1"], "Expected seed of 0 to 4294967295, got -1"),
        (["train", "--data-seed", "4294967296"], "Expected data_seed of 0 to 4294967295, got 4294967296"),
        (["train", "--config", "list.json"], "Expected a saved configuration in list.json"),
        (["train", "--config", "ensemble.json"], "Expected a run that was trained, got one put together"),
        (["train", "--config", "ensemble.json", "--model", "mlp"], "Expected a run that was trained"),
        (["train", "--temperature", "0.5"], "Expected a temperature of 1 to 100, got 0.5"),
        (["train", "--precision", "int3"], "Expected a precision out of float32, bfloat16, got 'int3'"),
        (["train", "--run", "taken"], "Expected a folder for the run, got the file taken"),
        (
            ["train", "--run", "trained"],
            "Expected a folder for the run that holds no other, got trained with",
        ),
        (
            ["train", "--run", "trained", "--start", "trained"],
            "Expected a folder for the run that holds no other, got trained with model.keras",
        ),
        (
            ["combine", "trained", "trained", "--run", "trained"],
            "Expected a folder for the run that holds no other, got trained with model.keras",
        ),
        (
            ["combine", "trained", "trained", "--run", "taken"],
            "Expected a folder for the run, got the file taken",
        ),
        (["combine", "trained", "nowhere"], "Expected a saved configuration in nowhere/config.json"),
        (["combine", "trained", "untrained"], "Expected model.keras in untrained"),
        (["combine", "trained", "--scans", "trained"], "Expected --unipen too when there are --scans"),
        (["train", "--start", "nowhere"], "Expected a trained model to start from in nowhere, found none"),
        (
            ["train", "--start", "trained", "--seed", "2"],
            "Expected --held-out 0, or at most 5000 with --data-seed 1, of what trained has not learnt",
        ),
        (["train", "--teacher", "nowhere"], "Expected a trained model in nowhere"),
        (["train", "--config", "nowhere"], "Expected a saved configuration in nowhere"),
        (["export", "nowhere"], "Expected a saved configuration in nowhere/config.json"),
        (["export", "untrained"], "Expected model.keras in untrained"),
        (["evaluate", "nowhere", "--report"], "Expected a run folder and --unipen for a report"),
        (["evaluate", "untrained", "--report"], "Expected a run folder and --unipen for a report"),
    ],
)
@pytest.mark.tensorflow
def test_what_can_not_be_done_is_said_before_data_is_fetched(
    arguments: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mnist = pytest.importorskip("keras", exc_type=ImportError).datasets.mnist
    monkeypatch.delattr(mnist, "load_data")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").touch()
    (tmp_path / "untrained").mkdir()
    (tmp_path / "list.json").write_text("[1]")
    replace(Config("large"), members=("compact-1", "compact-2")).save(tmp_path / "ensemble.json")
    (tmp_path / "trained").mkdir()
    for folder in ("untrained", "trained"):
        Config("mlp").save(tmp_path / folder / "config.json")
    (tmp_path / "trained" / "model.keras").touch()
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(f"trainer: {reason}")


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "arguments",
    [["--epochs", "0"], ["--config", "nowhere"], ["--start", "nowhere"], ["--mnist-teacher", "one"]],
)
def test_wrong_usage_of_a_training_is_said_without_loading_keras(
    arguments: list[str], tmp_path: Path
) -> None:
    check = """
import sys
from trainer.__main__ import main
print(main(["train", *sys.argv[1:]]), {"keras", "tensorflow"} & set(sys.modules))
"""
    command = [sys.executable, "-c", check, *arguments, "--run", str(tmp_path / "run")]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout == "1 set()\n"
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.tensorflow
@pytest.mark.parametrize("epochs", [0, 2])
def test_a_training_that_is_stopped_says_what_it_leaves(epochs: int, tmp_path: Path) -> None:
    pytest.importorskip("keras", exc_type=ImportError)
    hashes, recipe, run = write_mnist(tmp_path), tmp_path / "recipe.json", tmp_path / "run"
    replace(CONFIG, epochs=100_000, held_out=4).save(recipe)
    script = f"""
import os, signal, sys
from trainer import __main__, mnist, runs
read, begin = mnist.read, runs.begin
mnist.read = lambda folder: read(folder, {hashes!r})
def begin_and_stop(*given):
    begin(*given)
    os.kill(os.getpid(), signal.SIGINT)
if not {epochs}:
    runs.begin = begin_and_stop
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(__main__.main(sys.argv[1:]))
"""
    arguments = ["train", "--config", str(recipe), "--mnist", str(tmp_path), "--run", str(run)]
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, text=True, stdout=PIPE, stderr=PIPE
    ) as process:
        assert process.stdout
        if epochs:
            for _ in range(epochs):
                process.stdout.readline()
            process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert process.returncode == 130
    held = f"epoch {len(json.loads((run / 'history.json').read_text()))}" if epochs else "no model"
    assert said.splitlines()[-1] == f"trainer: stopped; {run} holds {held}"
    assert "Traceback" not in said


def test_unipen_of_one_writer_is_not_enough(tmp_path: Path) -> None:
    root = tmp_path / "unipen"
    write_unipen(root)
    for category in ("1b", "1c", "1d"):
        shutil.copytree(root / "data" / "1a", root / "data" / category)
    with pytest.raises(DataError, match=r"Expected UNIPEN of enough writers .* got none for training"):
        _read_pens(root)


def test_missing_keras_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["train"]) == 1
    assert "pip install 'live-digits[train]'" in capsys.readouterr().err


def test_a_card_repeats_its_run_with_another_seed(tmp_path: Path) -> None:
    card = tmp_path / "compact.json"
    config = Config("compact", seed=2, repeats=3, precision="bfloat16")
    card.write_text(json.dumps({"name": "compact", "training": config.as_json()}), "utf-8")
    options = parser().parse_args(["train", "--config", str(card), "--seed", "5"])
    assert _config(options) == replace(config, seed=5)


def test_who_teaches_a_repeated_run_goes_by_the_name_it_has_now(tmp_path: Path) -> None:
    replace(Config("compact"), teacher="large").save(tmp_path / "config.json")
    words = ["train", "--config", str(tmp_path / "config.json"), "--teacher", "runs/larger"]
    assert _config(parser().parse_args(words)) == replace(Config("compact"), teacher="larger")


def test_runs_are_named_whole_and_files_without_their_ending() -> None:
    words = ["train", "--start", "runs/classic-0.5", "--teacher", "weights/large.keras"]
    config = _config(parser().parse_args(words))
    assert (config.start, config.teacher) == ("classic-0.5", "large")


def test_a_configuration_may_be_tried_with_another_model(tmp_path: Path) -> None:
    config = Config("compact", seed=2, repeats=3)
    config.save(tmp_path / "config.json")
    options = parser().parse_args(["train", "--config", str(tmp_path / "config.json"), "--model", "mlp"])
    assert _config(options) == replace(config, model="mlp")


def test_a_recipe_may_be_tried_with_another_temperature() -> None:
    recipe = ROOT / "trainer" / "recipes" / "compact.json"
    teachers = ["--teacher", "large.keras", "--mnist-teacher", "large.keras"]
    options = parser().parse_args(["train", "--config", str(recipe), *teachers, "--temperature", "1"])
    assert _config(options) == replace(Config.load(recipe), temperature=1.0)


def test_without_a_model_classic_is_trained() -> None:
    assert _config(parser().parse_args(["train"])) == Config("classic")


@pytest.mark.parametrize(
    "recipe", sorted((ROOT / "trainer" / "recipes").glob("*.json")), ids=lambda path: path.stem
)
def test_a_recipe_is_a_configuration(recipe: Path) -> None:
    config = Config.load(recipe)
    assert json.loads(json.dumps(config.as_json())) == json.loads(recipe.read_text("utf-8"))


@pytest.mark.parametrize(
    ("taught", "asked", "why"),
    [
        ({}, ["--mnist-teacher", "runs/alone"], "Expected --teacher too"),
        (
            {"teacher": "large", "mnist_teacher": "alone"},
            ["--teacher", "runs/large"],
            "Expected --mnist-teacher just",
        ),
        ({}, ["--teacher", "runs/large"], "Expected --teacher just"),
    ],
)
def test_a_run_is_repeated_with_the_teachers_it_had(
    tmp_path: Path, taught: dict[str, Any], asked: list[str], why: str
) -> None:
    card = tmp_path / "compact.json"
    card.write_text(json.dumps(replace(Config("compact"), **taught).as_json()), "utf-8")
    options = parser().parse_args(["train", "--config", str(card), *asked])
    with pytest.raises(TrainerError, match=why):
        _config(options)


def test_an_ensemble_is_calibrated_on_nothing_that_a_member_may_have_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("keras", exc_type=ImportError)
    few = mnist.Images(np.zeros((9, 28, 28), np.float32), np.arange(9))
    monkeypatch.setattr(mnist, "read", lambda folder: mnist.Mnist(few, few))
    monkeypatch.setattr(
        evaluation, "load", lambda path: (lambda images: np.full((len(images), 10), 0.1), None)
    )
    replace(Config("large"), held_out=3, members=("compact-1", "compact-2")).save(tmp_path / "config.json")
    assert main(["evaluate", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("trainer: Expected --unipen to choose thresholds on: no image was held out")
    assert not (tmp_path / "evaluation.json").exists()
