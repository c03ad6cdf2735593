"""MNIST's files: read whole, or refused."""

from pathlib import Path

import numpy as np
import pytest

from tests.trainer.samples import write_mnist
from trainer import mnist
from trainer.errors import DataError

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "mnist"


def test_plain_and_compressed_files_are_read(tmp_path: Path) -> None:
    hashes = write_mnist(tmp_path)
    train, test = mnist.read(tmp_path, hashes)
    assert train.images.shape == (40, 28, 28)
    assert train.images.dtype == np.float32
    assert train.images.max() == 1.0
    assert test.labels.tolist() == [*range(10), *range(10)]


def test_missing_file_is_named(tmp_path: Path) -> None:
    hashes = write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte"):
        mnist.read(tmp_path, hashes)


def test_another_files_hash_is_refused(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    with pytest.raises(DataError, match="SHA-256"):
        mnist.read(tmp_path)


@pytest.mark.parametrize("damaged", [b"", b"not gzip", b"\x1f\x8b\x08"], ids=["cut", "other", "only begun"])
def test_a_damaged_archive_is_named(damaged: bytes, tmp_path: Path) -> None:
    hashes = write_mnist(tmp_path)
    file = tmp_path / "train-images-idx3-ubyte.gz"
    file.write_bytes(damaged or file.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"Expected .*train-images-idx3-ubyte\.gz to be a whole gzip file"):
        mnist.read(tmp_path, hashes)


@pytest.mark.tensorflow
def test_a_download_that_fails_says_what_may_be_given_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    keras = pytest.importorskip("keras", exc_type=ImportError)

    def load_data() -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", load_data)
    with pytest.raises(DataError, match="but: URL fetch failure; its files may be given with --mnist DIR"):
        mnist.read(None)


@pytest.mark.parametrize(
    "contents",
    [b"", b"\0\0\x08", b"\0\0\x0d\x01\0\0\0\0", b"\0\0\x08\x01\0\0\0\x02a", b"\0\0\x08\x03\0\0\0\x02"],
    ids=["empty", "no dimensions", "floats", "too short", "cut header"],
)
def test_what_is_not_idx_is_refused(contents: bytes) -> None:
    with pytest.raises(DataError, match="Expected"):
        mnist.read_idx(contents, "file")


@pytest.mark.skipif(not REAL.is_dir(), reason="needs MNIST beside the checkout")
def test_the_real_files_are_whole() -> None:
    train, test = mnist.read(REAL)
    assert (len(train.labels), len(test.labels)) == (60_000, 10_000)
