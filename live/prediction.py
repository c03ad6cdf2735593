"""From snapshots to answers: what the batcher has done with a whole batch.

    snapshots ─ ink.render ─▶ images ─ model ─▶ scores ─ verdict.judge ─▶ answers

The model runs in the predict thread and releases the interpreter lock (GIL) while it computes. Rendering and
judging hold it. If the predict thread did those as well, it and the event loop would take the lock from each
other every 20 µs: that was 35 of the 165 µs of an answer, and with 256 sessions a third. So the event loop
renders and judges, except for small batches, and for large drawings, which would hold it up.
`tell` then makes an answer the prediction that is sent.
"""

import asyncio
import base64
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from live import ink
from live.explaining.explain import worths
from live.ink import Image, Images
from live.lanes import Cut
from live.messages import Include, Prediction, Timing, drawings_of
from live.recogniser import Recogniser
from live.session import Waiting
from live.spare import Work
from live.verdict import BLANK, Calibration, Judgement, Probabilities, Scores, judge

_FEW = 8
"""Snapshots. The predict thread does all of a smaller batch: with so few, the processor's caches go cold
between two batches, and are warmed once, by one thread, instead of by two."""
_MANY_POINTS = 4_096
"""In a batch. More take too long for the event loop: 0.5 ms, or 14 if they are one mad scribble."""


class Answer(NamedTuple):
    """What came of a snapshot: the judgement, and the image (28, 28) that it was about."""

    judgement: Judgement
    image: Image


_NONE = Answer(BLANK, np.zeros((ink.SIDE, ink.SIDE), np.float32))


class Question(NamedTuple):
    """What the thread is asked about a batch: all of it, or the scores of images that are rendered."""

    items: Sequence[Waiting | Work]
    snapshots: Sequence[Waiting]
    images: Images | None = None

    @classmethod
    def about(cls, items: Sequence[Waiting | Work]) -> "Question":
        """Ask for answers to all items."""
        return cls(items, [item for item in items if isinstance(item, Waiting)])

    @property
    def is_quick(self) -> bool:
        """Rendering it pays in the event loop, and does not hold that up."""
        snapshots = self.snapshots
        if len(snapshots) < max(_FEW, len(self.items)):
            return False
        return sum(item.snapshot.points for item in snapshots) <= _MANY_POINTS

    def rendered(self) -> "Question":
        """Ask for the scores alone."""
        return self._replace(images=_render(self.snapshots))


class Finding(NamedTuple):
    """What the models found: images (N, 28, 28), which of those N have ink, and the scores of these."""

    images: Images
    is_inked: list[bool]
    scores: Scores
    calibration: Calibration


class Models:
    """The models by name. Not thread-safe: one thread calls it."""

    def __init__(self, recognisers: Mapping[str, Recogniser]) -> None:
        self._recognisers = recognisers

    def __call__(self, model: str, question: Question) -> Finding | list[Answer]:
        """Score a batch with one model, and judge it unless it was rendered. Raises as `answer` does."""
        if question.images is None:
            return self.answer(model, question)
        return self._find(model, question.images)

    def answer(self, model: str, question: Question) -> list[Answer]:
        """Answer a batch with one model; work on explanations keeps what it finds for itself.

        Raises ValueError when a score is no number.
        """
        if len(question.snapshots) < len(question.items):
            for item in question.items:
                if isinstance(item, Work):
                    item.advance(partial(self.worths, model))
        if not question.snapshots:
            return [_NONE] * len(question.items)
        return judged(question, self._find(model, _render(question.snapshots)))

    def worths(self, model: str, images: Images) -> Probabilities:
        """Score images (B, 28, 28) as explanations do → (B, 10)."""
        card, run = self._recognisers[model]
        return worths(run(images), card.calibration)

    def _find(self, model: str, images: Images) -> Finding:
        """Score images; a blank one needs no model."""
        # NumPy's methods `any` and `sum` are Python around these calls, which a lone image has to wait for.
        is_inked = np.logical_or.reduce(images, axis=(1, 2)).tolist()
        card, run = self._recognisers[model]
        inked = images if all(is_inked) else images[is_inked]
        scores = run(inked) if len(inked) else np.zeros((0, card.outputs), np.float32)
        if not isfinite(np.add.reduce(scores, axis=None)):
            raise ValueError(f"Expected scores from {model}, got what is no number")
        return Finding(images, is_inked, scores, card.calibration)


def judged(question: Question, finding: Finding) -> list[Answer]:
    """Judge what was found → an answer to each item, in order."""
    found = iter(judge(finding.scores, finding.calibration))
    judgements = found if all(finding.is_inked) else (next(found) if i else BLANK for i in finding.is_inked)
    answers = map(Answer, judgements, finding.images)
    if len(question.snapshots) == len(question.items):
        return list(answers)
    return [next(answers) if isinstance(item, Waiting) else _NONE for item in question.items]


Ask = Callable[[str, Question], "asyncio.Future[Any]"]
"""What the predict thread is asked by: a model's name and a question → what `Models` make of it."""


class Predictor:
    """What the batcher calls, in the event loop."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def __call__(self, model: str, items: Sequence[Waiting | Work]) -> "Answers":
        """Begin to answer a batch with one model."""
        question = Question.about(items)
        if question.is_quick:
            question = question.rendered()
        return Answers(question, self._ask(model, question))


class Answers:
    """Answers to a batch, once they are found; to be awaited once."""

    def __init__(self, question: Question, found: "asyncio.Future[Finding | list[Answer]]") -> None:
        self._question = question
        self._found = found

    def done(self) -> bool:
        """Say whether they are found."""
        return self._found.done()

    def cancel(self) -> bool:
        """Have nobody wait for them any more."""
        return self._found.cancel()

    def __await__(self) -> Generator[Any, None, list[Answer]]:
        """Wait for what the thread finds, and judge it if that is left to do."""
        found = yield from self._found
        return judged(self._question, found) if isinstance(found, Finding) else found


def count_snapshots(items: Sequence[Waiting | Work]) -> int:
    """Count the items that somebody drew; the others are work on explanations."""
    return sum(isinstance(item, Waiting) for item in items)


def _render(snapshots: Sequence[Waiting]) -> Images:
    """Make the images (N, 28, 28) of snapshots; a picture was decoded to its own."""
    images = ink.render(drawings_of([item.snapshot for item in snapshots]))
    for i, item in enumerate(snapshots):
        if item.image is not None:
            images[i] = item.image
    return images


def tell(item: Waiting, answer: Answer, cut: Cut, include: Sequence[Include]) -> Prediction:
    """Say an answer as the message about its snapshot, which was predicted in this cut."""
    queue_ms, predict_ms = (cut.began_at - item.received_at) * 1e3, (cut.done_at - cut.began_at) * 1e3
    timing = Timing(round(queue_ms, 3), round(predict_ms, 3), cut.size)
    prediction = Prediction(item.snapshot.seq, item.snapshot.rev, cut.model, *answer.judgement, 0, timing)
    if "input" in include:
        pixels = (answer.image * 255 + 0.5).astype(np.uint8)
        prediction.input = base64.b64encode(pixels.tobytes()).decode()
    return prediction
