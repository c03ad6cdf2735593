"""Small data in the real formats, for the tests to read."""

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UNIPEN_INK = """.VERSION 1.0
.COORD X Y T
.WRITER_ID Jane_Doe
.WRITER_INFO
    Tablet: 1995
.PEN_DOWN
.PEN_UP
.PEN_DOWN 10 20 0
 30 40 1
.PEN_UP
 31 41 2
.H_LINE 100 200
.PEN_DOWN
 50 60 3
 70 80 4
 90 100 5
"""
"""Components with a point: 0 (down), 1 (up), 2 (down)."""

UNIPEN_LABELS = """.VERSION 1.0
.INCLUDE abc/abc.doc
.INCLUDE abc/ink.dat
.SEGMENT CHARACTER 0-2 ? "4"
.SEGMENT CHARACTER 2:1-2 OK "1"
.SEGMENT CHARACTER 0,2 ? "\\\\"
.SEGMENT CHARACTER 2-3 ? "9"
"""


def write_idx(folder: Path, name: str, values: NDArray[np.uint8], compressed: bool = False) -> str:
    """Write an IDX file and return the SHA-256 of its uncompressed contents."""
    contents = b"\0\0\x08" + bytes([values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    contents += values.tobytes()
    if compressed:
        (folder / f"{name}.gz").write_bytes(gzip.compress(contents))
    else:
        (folder / name).write_bytes(contents)
    return hashlib.sha256(contents).hexdigest()


def write_mnist(folder: Path, train: int = 40, test: int = 20) -> dict[str, str]:
    """Write a small MNIST of thick bars, label k further right the larger k is; return its hashes."""
    hashes = {}
    for part, count in (("train", train), ("t10k", test)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = np.zeros((count, 28, 28), np.uint8)
        for i, label in enumerate(labels):
            images[i, 4:24, 4 + 2 * label : 6 + 2 * label] = 255
        for kind, values in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)):
            name = f"{part}-{kind}"
            hashes[name] = write_idx(folder, name, values, compressed=part == "train")
    return hashes


def write_unipen(root: Path) -> None:
    """Write a distribution of one file of labels and one of ink."""
    for path, text in (("data/1a/abc/labels.dat", UNIPEN_LABELS), ("include/abc/ink.dat", UNIPEN_INK)):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "latin-1")
