"""Report: a run's figures as PNG, and one HTML page that shows them.

evaluation → **report** → runs/NAME/report/index.html. For people: nothing reads it back.
"""

import html
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from trainer import metrics
from trainer.calibration import Calibration, digits
from trainer.datasets import disputed
from trainer.evaluation import Score
from trainer.metrics import Floats
from trainer.mnist import Images
from trainer.prefixes import STEPS, settled

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator

_SHEET_COLUMNS, _SHEET_ROWS = 12, 8
_SHEET = _SHEET_COLUMNS * _SHEET_ROWS
_DARK = 0.6
"""From this share of the largest number on, its square is so dark that the number is written in white."""
_CAPTIONS = {
    "learning": "Learning curves: loss, and accuracy on validation data, after each epoch.",
    "confusion": "Confusion on pens of unseen writers: labels in rows, answers in columns, mistakes only.",
    "reliability": "Reliability on pens of unseen writers: how often an answer of that confidence is right.",
    "errors": "Pens misread, the surest first: label → answer, and confidence. A few labels are wrong.",
    "mnist_errors": "MNIST's test images misread, in the same order, by number; * : its label is disputed.",
    "drawing": "Read while being drawn: share right, and right from there on, against ink drawn.",
    "cost": "Cost against accuracy of all models that have a card.",
}


def write(
    run: Path,
    score: Score,
    calibration: Calibration,
    pens: Images,
    mnist_test: Images,
    answers: Any,
    cards: list[dict[str, Any]],
) -> Path:
    """Write the report of an evaluated run; return the page's path.

    pens: digits of unseen writers; answers: what each was read as at each of STEPS beginnings (N, STEPS).
    mnist_test: MNIST's whole test set, in its order.
    cards: of all models, for the cost plot; those without a cost are left out.
    """
    folder = run / "report"
    folder.mkdir(exist_ok=True)
    history = json.loads((run / "history.json").read_text("utf-8"))
    probabilities = digits(score(pens.images), calibration.temperature)
    mnist_probabilities = digits(score(mnist_test.images), calibration.temperature)
    misread, mnist_misread = _misread(pens, probabilities), _misread(mnist_test, mnist_probabilities)
    doubtful = disputed()
    figures = {
        "learning": _learning(history) if history else None,
        "confusion": _confusion(metrics.confusion(probabilities, pens.labels)),
        "reliability": _reliability(probabilities, pens.labels),
        "errors": _errors(pens, probabilities, dict.fromkeys(misread[:_SHEET], "")),
        "mnist_errors": _errors(
            mnist_test,
            mnist_probabilities,
            {i: f"{i}{'*' * (i in doubtful)}" for i in mnist_misread[:_SHEET]},
        ),
        "drawing": _drawing(answers == pens.labels[:, None]),
        "cost": _cost([card for card in cards if "cost" in card]),
    }
    for name, figure in figures.items():
        if figure:
            figure.savefig(folder / f"{name}.png", dpi=110, bbox_inches="tight")
            plt.close(figure)
    captions = _CAPTIONS | {
        name: f"{_CAPTIONS[name]} {min(len(wrong), _SHEET)} of {len(wrong)} shown."
        for name, wrong in (("errors", misread), ("mnist_errors", mnist_misread))
    }
    page = folder / "index.html"
    page.write_text(_page(run, {name: captions[name] for name in figures if figures[name]}), "utf-8")
    return page


def _page(run: Path, captions: dict[str, str]) -> str:
    evaluation = json.loads((run / "evaluation.json").read_text("utf-8"))
    rows = "".join(
        f"<tr><td>{html.escape(name)}<td>{html.escape(key)}<td>{value:.5g}"
        for name, values in evaluation["metrics"].items()
        for key, value in values.items()
    )
    figures = "".join(
        f'<figure><img src="{name}.png" alt=""><figcaption>{caption}</figcaption></figure>'
        for name, caption in captions.items()
    )
    title = html.escape(run.name)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        "<style>body{font:16px system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}img{max-width:100%}"
        "figure{margin:2rem 0}td{padding:.1rem 1rem .1rem 0}</style>"
        f"<h1>{title}</h1>{figures}<h2>Numbers</h2><table>{rows}</table></html>\n"
    )


def _learning(history: list[dict[str, float]]) -> Any:
    measured = [name for name in history[0] if name not in ("epoch", "loss")]
    panels = 2 if measured else 1
    figure, axes = plt.subplots(1, panels, figsize=(5 * panels, 4), squeeze=False, layout="constrained")
    epochs = [record["epoch"] for record in history]
    for panel in axes[0]:
        panel.set(xlabel="epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0, 0].plot(epochs, [record["loss"] for record in history], marker=".")
    axes[0, 0].set(ylabel="loss", yscale="log")
    for name in measured:
        shares = [100 * record[name] for record in history]
        axes[0, 1].plot(epochs, shares, marker=".", label=name.replace("_", " "))
    if measured:
        axes[0, 1].set(ylabel="read right, %")
        axes[0, 1].set_ylim(top=100)
        axes[0, 1].legend()
    return figure


def _confusion(counts: Any) -> Any:
    figure, axes = plt.subplots(figsize=(5, 5))
    wrong = counts * (1 - np.eye(10, dtype=int))
    axes.imshow(wrong, cmap="Reds")
    for row, column in np.argwhere(wrong):
        count = wrong[row, column]
        colour = "white" if count > _DARK * wrong.max() else "black"
        axes.text(column, row, count, ha="center", va="center", color=colour)
    axes.set(xticks=range(10), yticks=range(10), xlabel="answer", ylabel="label")
    return figure


def _reliability(probabilities: Floats, labels: Any) -> Any:
    figure, axes = plt.subplots(figsize=(5, 5))
    middle, _, right, share = metrics.reliability(probabilities, labels)
    axes.bar(middle, right, 0.9 / metrics.BINS)
    axes.plot([0, 1], [0, 1], "k--", linewidth=1)
    for x, y, part in zip(middle, right, share, strict=True):
        axes.text(x, y, f"{part:.1%}", ha="center", va="bottom", fontsize=6)
    axes.set(xlabel="confidence", ylabel="share right (above: share of all)", xlim=(0, 1), ylim=(0, 1.05))
    return figure


def _misread(images: Images, probabilities: Floats) -> list[int]:
    """Return the numbers of all that are misread, the surest first."""
    wrong = np.flatnonzero(probabilities.argmax(1) != images.labels)
    surest_first: list[int] = wrong[np.argsort(-probabilities.max(1)[wrong])].tolist()
    return surest_first


def _errors(images: Images, probabilities: Floats, names: dict[int, str]) -> Any:
    """Draw a sheet of misread images, by their numbers, each under its name."""
    answers, confidence = probabilities.argmax(1), probabilities.max(1)
    rows = max(-(-len(names) // _SHEET_COLUMNS), 1)
    figure, axes = plt.subplots(rows, _SHEET_COLUMNS, figsize=(_SHEET_COLUMNS, 1.3 * rows), squeeze=False)
    for cell in axes.ravel():
        cell.axis("off")
    for cell, (i, name) in zip(axes.ravel(), names.items(), strict=False):
        cell.imshow(1 - images.images[i], cmap="gray", vmin=0, vmax=1)
        told = f"{images.labels[i]} → {answers[i]}  {confidence[i]:.2f}"
        cell.set_title("\n".join(filter(None, (name, told))), fontsize=7)
    figure.tight_layout(pad=0.3)
    return figure


def _drawing(right: Any) -> Any:
    figure, axes = plt.subplots(figsize=(6, 4))
    drawn = 100 * np.arange(1, STEPS + 1) / STEPS
    axes.plot(drawn, 100 * right.mean(0), label="right")
    axes.plot(drawn, 100 * settled(right).mean(0), label="right from there on")
    axes.set(xlabel="ink drawn, %", ylabel="drawings, %", xlim=(0, 100), ylim=(0, 100))
    axes.legend()
    return figure


def _cost(cards: list[dict[str, Any]]) -> Any:
    measured = [card for card in cards if "pens_validation" in card["metrics"]]
    if not measured:
        return None
    figure, axes = plt.subplots(figsize=(6, 4))
    costs = [card["cost"]["times_classic"] for card in measured]
    middle = (min(costs) + max(costs)) / 2
    for card, cost in zip(measured, costs, strict=True):
        pens = 100 * card["metrics"]["pens_validation"]["accuracy"]
        axes.plot(cost, pens, "o")
        # Towards the middle, or the name of the dearest would run over the frame.
        away, align = (6, "left") if cost <= middle else (-6, "right")
        axes.annotate(card["name"], (cost, pens), textcoords="offset points", xytext=(away, 4), ha=align)
    axes.margins(0.1)
    axes.set(xlabel="time per image, times classic's", ylabel="pens of unseen writers read right, %")
    return figure
