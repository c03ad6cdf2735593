"""UNIPEN's format: components, ranges, writers, and what is not there."""

import re
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.samples import write_unipen
from trainer import unipen
from trainer.errors import DataError

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "unipen" / "train_r01_v07-train-donors.tar.gz"


def _replace(folder: Path, right: str, wrong: str) -> None:
    """Write something else in the folder's one file."""
    (file,) = folder.rglob("*.dat")
    file.write_text(file.read_text("latin-1").replace(right, wrong), "latin-1")


def test_only_components_with_points_count_and_only_pen_down_is_ink(tmp_path: Path) -> None:
    write_unipen(tmp_path)
    four = unipen.read(tmp_path).samples[0]
    assert four.label == "4"
    assert four.ink.counts.tolist() == [2, 3]
    np.testing.assert_array_equal(four.ink.points[:2], [(10, -20), (30, -40)])


def test_ranges_cut_inside_a_component(tmp_path: Path) -> None:
    write_unipen(tmp_path)
    one = unipen.read(tmp_path).samples[1]
    np.testing.assert_array_equal(one.ink.points, [(70, -80), (90, -100)])


def test_lists_and_escaped_labels_are_read(tmp_path: Path) -> None:
    write_unipen(tmp_path)
    seven = unipen.read(tmp_path).samples[2]
    assert seven.label == "7"
    assert seven.ink.counts.tolist() == [2, 3]


def test_a_label_may_be_the_sign_that_escapes(tmp_path: Path) -> None:
    write_unipen(tmp_path)
    _replace(tmp_path / "data", r'"\7"', r'"\\"')
    (tmp_path / "data" / "1a").rename(tmp_path / "data" / "1d")
    assert [sample.label for sample in unipen.read(tmp_path, (unipen.SYMBOLS,)).samples] == ["4", "1", "\\"]


@pytest.mark.parametrize("label", ["12", "A", "", "\\", "²"])
def test_a_digit_that_is_labelled_otherwise_is_named(label: str, tmp_path: Path) -> None:
    write_unipen(tmp_path)
    _replace(tmp_path / "data", '"4"', f'"{label}"')
    reason = f"Expected a digit for a label of 1a/abc/labels.dat:0-2, got {label!r}"
    with pytest.raises(DataError, match=re.escape(reason)):
        unipen.read(tmp_path)


def test_a_component_that_is_not_there_is_listed_by_name(tmp_path: Path) -> None:
    write_unipen(tmp_path)
    assert unipen.read(tmp_path).broken == ["1a/abc/labels.dat:2-3"]


def test_writers_and_donors_are_told(tmp_path: Path) -> None:
    write_unipen(tmp_path)
    assert {(sample.writer, sample.donor) for sample in unipen.read(tmp_path).samples} == {("janedoe", "abc")}


def test_an_archive_reads_as_its_folder(tmp_path: Path) -> None:
    root = tmp_path / "distribution"
    write_unipen(root)
    archive = tmp_path / "unipen.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, "train_r01_v07")
    from_folder, from_archive = unipen.read(root), unipen.read(archive)
    assert [sample.name for sample in from_archive.samples] == [sample.name for sample in from_folder.samples]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_any_way(end: bytes, tmp_path: Path) -> None:
    root, archive = tmp_path / "distribution", tmp_path / "unipen.tar.gz"
    write_unipen(root)
    for file in root.rglob("*.dat"):
        file.write_bytes(file.read_bytes().replace(b"\n", end))
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, "train_r01_v07")
    for path in (root, archive):
        assert [sample.label for sample in unipen.read(path).samples] == ["4", "1", "7"]


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_cut_archive_is_named(kept: float, tmp_path: Path) -> None:
    root, archive = tmp_path / "distribution", tmp_path / "unipen.tar.gz"
    write_unipen(root)
    (root / "include" / "noise.dat").write_bytes(np.random.default_rng(1).bytes(50_000))
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root, "train_r01_v07")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(DataError, match=r"Expected .*unipen\.tar\.gz to be a whole \.tar\.gz of UNIPEN"):
        unipen.read(archive)


def test_what_is_not_unipen_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="data/1a"):
        unipen.read(tmp_path)
    with pytest.raises(DataError, match="folder or a"):
        unipen.read(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        (".COORD X Y T", ".COORD X Z T", ".COORD to name X and Y in include/abc/ink.dat, got 'X Z T'"),
        (".COORD X Y T", ".COORD", ".COORD to name X and Y in include/abc/ink.dat, got ''"),
        ("10 20 0", f"10 {'9' * 400} 0", "Expected points that 64 bits hold in include/abc/ink.dat"),
        ("10 20 0", "10 2.0.1 0", "Expected points to be numbers in include/abc/ink.dat: .*2.0.1"),
    ],
)
def test_ink_that_is_not_points_is_named(right: str, wrong: str, reason: str, tmp_path: Path) -> None:
    write_unipen(tmp_path)
    _replace(tmp_path / "include", right, wrong)
    with pytest.raises(DataError, match=reason):
        unipen.read(tmp_path)


@pytest.mark.skipif(not REAL.is_file(), reason="needs UNIPEN beside the checkout")
def test_every_digit_of_the_training_donors_comes_out_whole() -> None:
    reading = unipen.read(REAL)
    assert (len(reading.samples), reading.broken) == (12_494, [])
    assert {sample.donor for sample in reading.samples} == set(unipen.TRAINING_DONORS)
