"""Reports: figures that show what was measured, whole and inside their frames."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.samples import USES_TENSORFLOW
from trainer.calibration import Calibration
from trainer.metrics import Floats
from trainer.mnist import Images
from trainer.prefixes import STEPS

pytestmark = USES_TENSORFLOW

SETS = ["mnist_validation", "pens_validation", "third", "fourth", "fifth", "sixth"]


@pytest.fixture(autouse=True)
def _no_figure_left() -> Iterator[None]:
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def _history(*names: str) -> list[dict[str, float]]:
    return [
        {"epoch": epoch, "loss": 1 / epoch} | dict.fromkeys(names, 0.43 + 0.1 * epoch) for epoch in (1, 2, 3)
    ]


def _inside(outer: Any, inner: Any) -> bool:
    """Tell whether one box of pixels holds another."""
    return bool(
        outer.x0 <= inner.x0 and inner.x1 <= outer.x1 and outer.y0 <= inner.y0 and inner.y1 <= outer.y1
    )


def test_learning_is_seen_from_wherever_it_starts() -> None:
    from trainer.report import _learning

    figure = _learning(_history(*SETS))
    figure.canvas.draw()
    left, right = figure.axes
    bottom, top = right.get_ylim()
    assert top == 100
    assert all(bottom <= share <= top for line in right.lines for share in line.get_ydata())
    assert [line.get_label() for line in right.lines] == [name.replace("_", " ") for name in SETS]
    assert right.yaxis.label.get_window_extent().x0 > left.get_window_extent().x1


def test_a_run_without_validation_has_its_loss_shown_alone() -> None:
    from trainer.report import _learning

    figure = _learning(_history())
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss"]


def test_a_sheet_of_errors_says_how_many_there_are(tmp_path: Path) -> None:
    from trainer import report

    (tmp_path / "history.json").write_text(json.dumps(_history()))
    (tmp_path / "evaluation.json").write_text(json.dumps({"metrics": {}}))
    images = np.zeros((110, 28, 28), np.float32)

    def score(read: Floats) -> Floats:
        return np.tile(np.eye(10)[3] * 0.9 + 0.01, (len(read), 1))

    pens, mnist = (Images(images, np.where(np.arange(110) < wrong, 5, 3)) for wrong in (100, 4))
    answers = np.full((110, STEPS), 3)
    page = report.write(tmp_path, score, Calibration(), pens, mnist, answers, []).read_text("utf-8")
    assert "A few labels are wrong. 96 of 100 shown." in page
    assert "its label is disputed. 4 of 4 shown." in page


def test_names_of_models_stay_inside_the_frame_of_costs() -> None:
    from trainer.report import _cost

    measured = {
        "mlp": (0.05, 0.988),
        "classic": (1.0, 0.9871),
        "compact": (1.4, 0.9917),
        "large": (24, 0.994),
    }
    figure = _cost(
        [
            {
                "name": name,
                "cost": {"times_classic": cost},
                "metrics": {"pens_validation": {"accuracy": right}},
            }
            for name, (cost, right) in measured.items()
        ]
    )
    figure.canvas.draw()
    frame = figure.axes[0].get_window_extent()
    outside = [t.get_text() for t in figure.axes[0].texts if not _inside(frame, t.get_window_extent())]
    assert outside == []
