"""The command `predict`: whatever it is given, in any form of output, with a server and without."""

import csv
import io
import json
import os
import signal
import socket as sockets
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from live.ink_file import FORM
from live.settings import Settings
from tests.conftest import ROOT, RunningServer, running_server
from tests.live.drawings import DRAWINGS
from tests.live.pages import archive, draw, encoded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder of a picture, ink, an archive and something else."""
    (tmp_path / "a.png").write_bytes(encoded(draw("two")))
    drawings = [{"strokes": DRAWINGS["three"]}, {"label": "4", "strokes": DRAWINGS["four"]}]
    (tmp_path / "b.json").write_text(json.dumps({"drawings": drawings}))
    (tmp_path / "c.zip").write_bytes(archive([("x/five.jpg", encoded(draw("five"), "JPEG"))]))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "notes.txt").write_text("no picture")
    return tmp_path


def run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "live", "predict", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, timeout=120, cwd=ROOT, check=False)


def run_in_shell(line: str, *arguments: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell, with Python as $0."""
    command = ["sh", "-c", line, sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, cwd=ROOT, check=False)


@pytest.mark.parametrize("is_served", [False, True])
def test_a_folder_of_everything_is_read(server: RunningServer, folder: Path, is_served: bool) -> None:
    found = run("--json", *(["--server", server.url] if is_served else []), folder)
    assert found.returncode == 1
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    told = {line["name"].removeprefix(f"{folder}/"): line.get("digit") for line in lines}
    assert told == {"a.png": 2, "b.json#0": 3, "b.json#1": 4, "c.zip/x/five.jpg": 5, "d/notes.txt": None}
    assert lines[-1]["error"]["code"] == "bad_picture"
    assert found.stderr.decode().splitlines()[-1].startswith("5 read, 1 failed (1 bad_picture), in ")


@pytest.fixture
def photo() -> bytes:
    """Take a photo of a six, larger than a frame may be."""
    photo = encoded(draw("six", side=2_000), "BMP")
    assert len(photo) > Settings.max_frame_bytes
    return photo


@pytest.mark.parametrize("flags", [[], ["--explain-to", "why"], ["--model", "classic"]])
def test_a_server_reads_what_is_too_large_for_a_frame(
    server: RunningServer, tmp_path: Path, photo: bytes, flags: list[str]
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(draw("two")))
    (tmp_path / "b.bmp").write_bytes(photo)
    (tmp_path / "c.png").write_bytes(encoded(draw("five")))
    files = sorted(tmp_path.iterdir())
    placed = [tmp_path / flag if flag == "why" else flag for flag in flags]
    # Whoever is the first to have a picture explained waits until that is compiled.
    found = run("--json", "--server", server.url, "--timeout-s", "100", *placed, *files)
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert (found.returncode, [line.get("digit") for line in lines]) == (0, [2, 6, 5]), found.stderr
    assert {line["model"] for line in lines} == {"classic" if "classic" in flags else "compact"}
    assert all(("picture" in line) == ("why" in flags) for line in lines)


def test_what_is_too_large_for_a_server_costs_only_its_own_line(tmp_path: Path, photo: bytes) -> None:
    (tmp_path / "b.bmp").write_bytes(photo)
    (tmp_path / "c.png").write_bytes(encoded(draw("five")))
    with running_server("--max-picture-bytes", "1000000") as small:
        found = run("--json", "--server", small.url, tmp_path)
    large, five = [json.loads(line) for line in found.stdout.splitlines()]
    assert large["error"] == {
        "code": "too_large",
        "message": "Expected a body of at most 1000000 bytes, got more",
    }
    assert five["digit"] == 5


def test_standard_input_is_read_and_a_table_printed(folder: Path) -> None:
    found = run("-", given=(folder / "a.png").read_bytes())
    assert found.returncode == 0
    assert found.stdout.split()[:2] == [b"-", b"2"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed_costs_nothing_else(folder: Path, closed: str) -> None:
    found = run_in_shell(f'exec "$0" -m live predict "$1" {closed}', folder / "b.json")
    assert found.returncode == 0
    assert b"Traceback" not in found.stderr
    assert (b"#1" in found.stdout) == (closed != ">&-")


def test_standard_input_that_is_closed_is_empty() -> None:
    found = run_in_shell('exec "$0" -m live predict - <&-')
    assert (found.returncode, found.stdout.split()[:3]) == (1, [b"-", b"-", b"Expected"])
    assert b"Traceback" not in found.stderr


@pytest.mark.parametrize("form", ["--json", "--csv", ""])
def test_a_name_that_the_terminal_cannot_spell_costs_nothing_else(
    folder: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    (folder / "a.png").rename(folder / "数字 😀.png")
    found = run(*filter(None, [form]), folder / "数字 😀.png", folder / "b.json")
    assert (found.returncode, len(found.stdout.splitlines())) == (0, 4 if form == "--csv" else 3)
    told = found.stdout.decode() if form == "--json" else found.stdout.decode("unicode_escape")
    assert "数字 😀.png" in (json.loads(told.splitlines()[0])["name"] if form == "--json" else told)


def test_a_server_is_not_asked_faster_than_it_takes(tmp_path: Path) -> None:
    (tmp_path / "many.json").write_text(json.dumps({"drawings": [{"strokes": DRAWINGS["two"]}] * 30}))
    with running_server("--max-snapshots-per-s", "20") as slow:
        found = run("--server", slow.url, tmp_path / "many.json")
    assert found.returncode == 0
    assert len(found.stdout.splitlines()) == 30


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this platform has no full device")
@pytest.mark.parametrize("form", [[], ["--csv"]])
def test_output_that_cannot_be_written_is_said(folder: Path, form: list[str]) -> None:
    command = [sys.executable, "-m", "live", "predict", *form, str(folder / "a.png")]
    with Path("/dev/full").open("w") as full:
        found = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    assert found.returncode == 1
    assert found.stderr.endswith(
        b"live-digits: Expected to write the answers, but: No space left on device\n"
    )


def test_an_empty_zip_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.zip").write_bytes(archive([]))
    found = run("--json", tmp_path / "empty.zip")
    assert found.returncode == 1
    assert b"Expected pictures in a ZIP, found none" in found.stdout


def test_a_name_does_nothing_to_the_terminal(folder: Path) -> None:
    name = folder / "\x1b[2J\n.png"
    (folder / "a.png").rename(name)
    assert run(name).stdout.split()[0].endswith(rb"/\x1b[2J\n.png")


def test_a_name_in_csv_does_nothing_to_a_terminal_either(folder: Path) -> None:
    (folder / "a.png").rename(folder / "\x1b[2J.png")
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "live", "predict", "--csv", str(folder / "\x1b[2J.png")]
    subprocess.run(command, stdout=theirs, cwd=ROOT, check=True, timeout=60)
    os.close(theirs)
    assert rb"/\x1b[2J.png,digit,2," in os.read(ours, 4096)
    os.close(ours)


def test_csv_has_a_row_for_each(folder: Path) -> None:
    found = run("--csv", "--model", "classic", folder / "a.png", folder / "d")
    rows = list(csv.DictReader(io.StringIO(found.stdout.decode())))
    assert [row["digit"] for row in rows] == ["2", ""]
    assert float(rows[0]["p2"]) > 0.5
    assert rows[1]["error"].startswith("Expected a PNG")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere.png"], "Expected a file or folder, found no nowhere.png"),
        (["--model", "nobody", "README.md"], "Expected one of the models"),
        (["--server", "http://127.0.0.1:99999", "README.md"], "Expected the URL of a server"),
        (["--server", "http://127.0.0.1:1", "--timeout-s", "0.2", "README.md"], "Expected a server at"),
    ],
)
def test_what_is_not_there_is_said(arguments: list[str], reason: str) -> None:
    found = run(*arguments)
    assert found.returncode == 1
    assert reason in found.stderr.decode()
    assert "Traceback" not in found.stderr.decode()


def test_help_says_what_an_ink_file_holds() -> None:
    assert FORM in " ".join(run("--help").stdout.decode().split())


def test_who_stops_it_while_it_connects_is_told_nothing() -> None:
    with sockets.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "live", "predict", "--server", url, "README.md"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as predict:
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1)
                predict.send_signal(signal.SIGINT)
                told = predict.communicate(timeout=60)
    assert (predict.returncode, told) == (130, (b"", b""))


def test_ink_is_explained_in_a_picture(server: RunningServer, folder: Path, tmp_path: Path) -> None:
    for place, flags in (("alone", []), ("served", ["--server", server.url])):
        found = run("--json", "--explain", "--explain-to", tmp_path / place, *flags, folder / "b.json")
        lines = [json.loads(line) for line in found.stdout.splitlines()]
        assert [line["explanation"]["digit"] for line in lines] == [3, 4]
        with Pillow.open(lines[1]["picture"]) as picture:
            red, _, blue = picture.split()
        # Something speaks for the digit: some ink is more blue than red.
        assert max(b - r for r, b in zip(red.tobytes(), blue.tobytes(), strict=True)) > 60
        assert len(list((tmp_path / place).iterdir())) == 2


def test_strokes_without_points_are_passed_over_in_a_picture(tmp_path: Path) -> None:
    strokes = [stroke for x in range(10) for stroke in ([(5 * x, 0), (5 * x, 60)], [])]
    (tmp_path / "odd.json").write_text(json.dumps({"strokes": strokes}))
    (tmp_path / "even.json").write_text(json.dumps({"strokes": strokes[::2]}))
    found = run(
        "--json", "--explain", "--explain-to", tmp_path, tmp_path / "odd.json", tmp_path / "even.json"
    )
    odd, even = (json.loads(line)["picture"] for line in found.stdout.splitlines())
    assert Path(odd).read_bytes() == Path(even).read_bytes()


@pytest.mark.parametrize("unit", [1e-30, 1e306])
def test_ink_is_painted_in_any_unit(unit: float, tmp_path: Path) -> None:
    pictures = []
    for name, factor in (("odd", unit), ("even", 1)):
        strokes = [[(factor * x, factor * y) for x, y in stroke] for stroke in DRAWINGS["seven"]]
        (tmp_path / f"{name}.json").write_text(json.dumps({"strokes": strokes}))
        found = run("--json", "--explain-to", tmp_path, tmp_path / f"{name}.json")
        assert not found.stderr.replace(b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n", b"")
        with Pillow.open(json.loads(found.stdout)["picture"]) as picture:
            pictures.append(np.asarray(picture, np.int16))
    assert np.mean(np.abs(pictures[0] - pictures[1]) > 9) < 0.01


def test_a_path_may_be_longer_than_a_name(folder: Path, tmp_path: Path) -> None:
    deep = folder.joinpath(*[f"{'long' * 12}-{level}" for level in range(8)])
    deep.mkdir(parents=True)
    for name in ("x", "y"):
        (deep / f"{name}.json").write_text(json.dumps({"strokes": DRAWINGS["two"]}))
    found = run("--json", "--explain-to", tmp_path / "why", deep)
    assert found.returncode == 0
    names = {Path(json.loads(line)["picture"]).name for line in found.stdout.splitlines()}
    assert {name[-len("x.json.why.png") :] for name in names} == {"x.json.why.png", "y.json.why.png"}


def test_no_picture_of_an_explanation_takes_the_place_of_another(folder: Path, tmp_path: Path) -> None:
    (folder / "d" / "x.json").write_text(json.dumps({"strokes": DRAWINGS["two"]}))
    (folder / "d_x.json").write_text(json.dumps({"strokes": DRAWINGS["six"]}))
    why = tmp_path / "why"
    found = run("--json", "--explain", "--explain-to", why, folder / "d" / "x.json", folder / "d_x.json")
    pictures = [json.loads(line)["picture"] for line in found.stdout.splitlines()]
    assert len(set(pictures)) == 2
    assert {str(path) for path in why.iterdir()} == set(pictures)
