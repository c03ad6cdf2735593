"""Prefixes: how early a drawing is read right, and how often the answer flips on the way.

datasets → **prefixes** → evaluation. In come whole drawings, out come as many of their beginnings as asked
for.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from live.ink import Images, render
from trainer.metrics import Floats, Labels
from trainer.strokes import Strokes

STEPS = 20
"""Beginnings of each drawing, each 5 % of its ink longer than the last."""
REPORTED = (0.25, 0.5, 0.75, 1.0)

Score = Callable[[Images], Floats]


def early_reading(drawings: Strokes, labels: Labels, score: Score) -> dict[str, float]:
    """Read every drawing while it is being drawn.

    Returns for each share of ink reported: `accuracy_P`, and `settled_P`, the share of drawings read right
    then and at every step after; and `flips`, how often the answer changes on the way in the mean.
    """
    answers = read_steps(drawings, score)
    right = answers == labels[:, None]
    to_the_end = settled(right)
    curve: dict[str, float] = {}
    for share in REPORTED:
        step = round(share * STEPS) - 1
        curve[f"accuracy_{share:.0%}"] = float(right[:, step].mean())
        curve[f"settled_{share:.0%}"] = float(to_the_end[:, step].mean())
    curve["flips"] = float((np.diff(answers, axis=1) != 0).sum(1).mean())
    return curve


def settled(right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return, of what is read right at each step (D, STEPS), what is so at every step after, too."""
    return np.flip(np.logical_and.accumulate(np.flip(right, 1), axis=1), 1)


def read_steps(drawings: Strokes, score: Score) -> NDArray[np.int64]:
    """Return the digit that each drawing's each beginning is read as (D, STEPS)."""
    shares = np.arange(1, STEPS + 1) / STEPS
    return np.stack(
        [score(render(drawings.cut(float(share)).to_inks()))[:, :10].argmax(1) for share in shares], 1
    )
