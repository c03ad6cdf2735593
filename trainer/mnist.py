"""MNIST: the images that the models are trained and measured on first.

Source of the flow: **mnist** → datasets → training. In comes a folder with the four original IDX files (plain
or gzip'd), or nothing, and then Keras fetches the same arrays; out come images as the models see them.
"""

import gzip
import hashlib
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.errors import DataError

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""Of the uncompressed files."""

_UNSIGNED_BYTE = 8
"""The IDX format's code for the only type that MNIST uses."""


class Images(NamedTuple):
    """Labelled images.

    images: (N, 28, 28) float32, 0 is paper, 1 is ink.
    labels: (N,) int64, 0 … 9.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


class Mnist(NamedTuple):
    """The whole of MNIST: 60,000 images to train on and 10,000 to report on."""

    train: Images
    test: Images


def read(folder: Path | None, expected: dict[str, str] = SHA256) -> Mnist:
    """Read MNIST from a folder with its four IDX files, or have Keras fetch it when folder is None.

    expected: the SHA-256 of each uncompressed file.
    Raises DataError when a file is missing, is not IDX, or its hash is not the expected one, or when nothing
    can be fetched.
    """
    if folder is None:
        return _fetch()
    arrays = {name: read_idx(_contents(folder, name, digest), name) for name, digest in expected.items()}
    return Mnist(
        _images(arrays["train-images-idx3-ubyte"], arrays["train-labels-idx1-ubyte"]),
        _images(arrays["t10k-images-idx3-ubyte"], arrays["t10k-labels-idx1-ubyte"]),
    )


def read_idx(contents: bytes, name: str) -> NDArray[np.uint8]:
    """Read an array of unsigned bytes in IDX format; name is for messages.

    Raises DataError when it is not that.
    Source of the format: https://yann.lecun.org/exdb/mnist/
    """
    if len(contents) < 4 or contents[:2] != b"\0\0" or contents[2] != _UNSIGNED_BYTE:
        raise DataError(
            f"Expected {name} to be an IDX file of unsigned bytes, it begins with {contents[:4]!r}"
        )
    dimensions = contents[3]
    start = 4 + 4 * dimensions
    shape = struct.unpack_from(f">{dimensions}I", contents.ljust(start, b"\0"), 4)
    size = int(np.prod(shape))
    if len(contents) != start + size:
        raise DataError(
            f"Expected {name} to hold {size} values of shape {shape}, got {len(contents) - start}"
        )
    return np.frombuffer(contents, np.uint8, offset=start).reshape(shape)


def _contents(folder: Path, name: str, digest: str) -> bytes:
    """Return a file's uncompressed bytes once their hash has been found right."""
    plain, compressed = folder / name, folder / f"{name}.gz"
    if plain.is_file():
        contents = plain.read_bytes()
    elif compressed.is_file():
        try:
            contents = gzip.decompress(compressed.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"Expected {compressed} to be a whole gzip file: {error}") from error
    else:
        raise DataError(f"Expected {name} or {name}.gz in {folder}, found neither")
    found = hashlib.sha256(contents).hexdigest()
    if found != digest:
        raise DataError(f"Expected {name} with SHA-256 {digest}, got {found}")
    return contents


def _fetch() -> Mnist:
    """Have Keras download MNIST, once, into its own cache."""
    import keras

    try:
        (train_images, train_labels), (test_images, test_labels) = keras.datasets.mnist.load_data()
    except Exception as error:
        # Keras has no class of its own for a download that fails.
        raise DataError(
            f"Expected to download MNIST, but: {error}; its files may be given with --mnist DIR"
        ) from error
    return Mnist(_images(train_images, train_labels), _images(test_images, test_labels))


def _images(pixels: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Images:
    if len(pixels) != len(labels):
        raise DataError(f"Expected as many labels as images, got {len(labels)} for {len(pixels)}")
    return Images(pixels.astype(np.float32) / np.float32(255), labels.astype(np.int64))
