"""Metrics: numbers from scores and labels, nothing else.

evaluation → **metrics**. Scores are (N, 10) probabilities of digits unless it says otherwise.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Labels = NDArray[np.int64]

BINS = 15
"""Of confidence, for the calibration error."""


def accuracy(scores: Floats, labels: Labels) -> float:
    """Return the share of digits read right."""
    return float((scores.argmax(1) == labels).mean())


def calibration_error(scores: Floats, labels: Labels) -> float:
    """Return the expected calibration error: |accuracy - confidence| in BINS equal bins, weighted by n.

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017.
    """
    _, confidence, right, share = reliability(scores, labels)
    return float((share * np.abs(right - confidence)).sum())


def reliability(scores: Floats, labels: Labels) -> tuple[Floats, Floats, Floats, Floats]:
    """Return each bin of confidence that holds any: its middle, mean confidence, accuracy, share of all."""
    confidence = scores.max(1)
    right = scores.argmax(1) == labels
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(which, minlength=BINS)
    held = count > 0
    mean_confidence = np.bincount(which, confidence, BINS)[held] / count[held]
    mean_right = np.bincount(which, right, BINS)[held] / count[held]
    return (np.flatnonzero(held) + 0.5) / BINS, mean_confidence, mean_right, count[held] / len(labels)


def auroc(digits: Floats, others: Floats) -> float:
    """Return the chance that a digit's doubt (N,) is below a non-digit's (M,), ties counting half."""
    order = np.sort(digits)
    below = np.searchsorted(order, others, "left") + np.searchsorted(order, others, "right")
    return float(below.mean() / 2 / len(digits))


def kept(digits: Floats, others: Floats, rejected: float = 0.95) -> float:
    """Return the share of digits kept at the doubt above which the given share of non-digits is rejected."""
    return float((digits < np.quantile(others, 1 - rejected)).mean())


def confusion(scores: Floats, labels: Labels) -> NDArray[np.int64]:
    """Return how often each digit (row) was read as each (column), (10, 10)."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (labels, scores.argmax(1)), 1)
    return counts
