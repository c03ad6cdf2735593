"""The explaining process: images in on its standard input, what explains them out on its standard output.

    python -m live.explaining.patching          started, fed and ended by patcher.py alone

Request: an image as float32. While it is being explained, the process asks for scores: u32 n, then n × 49
bytes of masks; the answer is n × 10 float64. At the end: u32 0, then weights, blanks and scores as float64.
"""

import contextlib
import os
import sys
from struct import Struct

import numpy as np

from live.deaf import leave_signals_to_the_server
from live.explaining.patches import Masks, explain
from live.ink import SIDE
from live.verdict import DIGITS, Probabilities

COUNT = Struct("<I")
_IMAGE_BYTES = 4 * SIDE**2
_NICENESS = 10


def main() -> None:
    """Explain images one by one until the input ends."""
    leave_signals_to_the_server()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What a library prints is no reply.
    os.dup2(2, 1)

    def score(masks: Masks) -> Probabilities:
        replies.write(COUNT.pack(len(masks)) + masks.tobytes())
        replies.flush()
        answer = requests.read(8 * DIGITS * len(masks))
        if not answer:
            raise BrokenPipeError
        return np.frombuffer(answer).reshape(-1, DIGITS)

    # A server that is gone, or that gave up on this image, needs no explanation.
    with contextlib.suppress(BrokenPipeError):
        while len(content := requests.read(_IMAGE_BYTES)) == _IMAGE_BYTES:
            found = explain(np.frombuffer(content, np.float32).reshape(SIDE, SIDE), score)
            replies.write(COUNT.pack(0) + b"".join(array.tobytes() for array in found))
            replies.flush()


if __name__ == "__main__":
    main()
