"""Quantising: what keeps a file from being written is told as for any other file."""

from pathlib import Path

import pytest

from tests.trainer.samples import USES_TENSORFLOW
from trainer.quantise import quantise

pytestmark = USES_TENSORFLOW


def test_a_full_disk_is_told_as_for_any_other_file(tmp_path: Path) -> None:
    import tensorflow as tf

    class Full:
        def export(self, path: Path, **_: object) -> None:
            raise tf.errors.ResourceExhaustedError(None, None, "/tmp/part;\nNo space left on device")

    with pytest.raises(OSError, match=r"^/tmp/part; No space left on device$"):
        quantise(Full(), tmp_path / "model.tflite")
