"""Metrics, against values worked out by hand."""

import numpy as np
import pytest

from trainer import metrics

SCORES = np.eye(10)[[0, 1, 2, 3]] * 0.9 + 0.01
LABELS = np.array([0, 1, 2, 9])


def test_accuracy_is_the_share_read_right() -> None:
    assert metrics.accuracy(SCORES, LABELS) == 0.75


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert metrics.calibration_error(SCORES, LABELS) == pytest.approx(0.91 - 0.75)


def test_calibration_error_weighs_the_gaps_of_bins_by_what_they_hold() -> None:
    confidence = np.array([0.9, 0.9, 0.9, 0.5])
    scores = np.repeat(((1 - confidence) / 9)[:, None], 10, axis=1)
    scores[:, 4] = confidence
    labels = np.array([4, 4, 0, 4])
    too_sure, too_unsure = 0.9 - 2 / 3, 1 - 0.5
    assert metrics.calibration_error(scores, labels) == pytest.approx(3 / 4 * too_sure + 1 / 4 * too_unsure)
    middle, *_ = metrics.reliability(scores, labels)
    assert middle == pytest.approx([7.5 / 15, 13.5 / 15])


def test_reliability_bins_add_up_to_everything() -> None:
    _, confidence, right, share = metrics.reliability(SCORES, LABELS)
    assert (confidence.tolist(), right.tolist(), share.tolist()) == (pytest.approx([0.91]), [0.75], [1.0])


def test_auroc_counts_pairs_in_order_and_ties_half() -> None:
    assert metrics.auroc(np.array([0.0, 0.1]), np.array([0.2, 0.3])) == 1.0
    assert metrics.auroc(np.array([0.0, 0.2]), np.array([0.1, 0.2])) == pytest.approx((1 + 0 + 1 + 0.5) / 4)


def test_kept_is_measured_where_the_share_is_rejected() -> None:
    others = np.linspace(0, 1, 101)
    assert metrics.kept(np.array([0.01, 0.04, 0.5, 0.9]), others, rejected=0.95) == 0.5


def test_confusion_has_labels_in_rows() -> None:
    counts = metrics.confusion(SCORES, LABELS)
    assert counts[9, 3] == 1
    assert counts.sum() == 4
