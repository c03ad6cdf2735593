"""Small data, some of it in the real formats, for the tests to read."""

import gzip
import hashlib
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from live.ink import Ink, from_strokes
from tests.live.drawings import DRAWINGS
from trainer.config import Config
from trainer.datasets import Pens, split_pens
from trainer.unipen import Sample

USES_TENSORFLOW = [
    pytest.mark.tensorflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # TensorFlow's own, at import
    pytest.mark.filterwarnings("ignore:.*np.object:FutureWarning"),  # TensorFlow's own, at export
]
"""Marks of tests that import Keras."""

CONFIG = Config("mlp", seed=3, epochs=2, batch=16, images=32, pens=16, others=16)
"""Of the fixture `run`."""

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
.SEGMENT CHARACTER 0,2 ? "\\7"
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


def ten_writers() -> Pens:
    """Make UNIPEN of ten writers who write every digit, and two letters of which one is not to be seen."""
    digits = [
        Sample(str(digit), _of_size(strokes, writer), f"writer{writer}", f"1a/apa/{writer}.dat:{digit}")
        for writer in range(10)
        for digit, strokes in enumerate(DRAWINGS.values())
    ]
    cross = [[(0, 0), (9, 9)], [(9, 0), (0, 9)]]
    letters = [
        Sample(letter, _of_size(cross, writer + 0.5 * i), f"writer{writer}", f"1c/apa/{writer}.dat:{letter}")
        for writer in range(10)
        for i, letter in enumerate("xe")
    ]
    return split_pens([*digits, *letters], ())


def _of_size(strokes: Sequence[Sequence[tuple[float, ...]]], size: float) -> Ink:
    """Draw as large as nobody else does: the same ink twice would be taken for a copy."""
    return from_strokes([[((9 + size) * x, (9 + size) * y) for x, y in stroke] for stroke in strokes])
