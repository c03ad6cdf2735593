"""From snapshots to answers: the one blocking call that the batcher makes, for a whole batch.

    snapshots ─ ink.render ─▶ images ─ recogniser ─▶ scores ─ verdict.judge ─▶ answers

Runs in the predict thread, and touches nothing that the event loop owns. Back there, `tell` makes an answer
the prediction that is sent.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from live import ink
from live.batcher import Cut
from live.explain import worths
from live.ink import Images
from live.messages import Include, Prediction, Timing
from live.recogniser import Recogniser
from live.session import Image, Waiting
from live.spare import Work
from live.verdict import BLANK, Judgement, Probabilities


class Answer(NamedTuple):
    """What came of a snapshot: the judgement, and the image (28, 28) that it was about."""

    judgement: Judgement
    image: Image


_NONE = Answer(BLANK, np.zeros((ink.SIDE, ink.SIDE), np.float32))


class Predictor:
    """The models by name. Not thread-safe: one thread calls it."""

    def __init__(self, recognisers: Mapping[str, Recogniser]) -> None:
        self._recognisers = recognisers

    def __call__(self, model: str, items: Sequence[Waiting | Work]) -> list[Answer]:
        """Answer a batch with one model, in order; work on explanations keeps what it finds for itself."""
        snapshots = [item for item in items if isinstance(item, Waiting)]
        answers = self._answer(model, snapshots)
        if len(snapshots) == len(items):
            return answers
        for item in items:
            if isinstance(item, Work):
                item.advance(lambda images: self.worths(model, images))
        rest = iter(answers)
        return [next(rest) if isinstance(item, Waiting) else _NONE for item in items]

    def worths(self, model: str, images: Images) -> Probabilities:
        """Score images (B, 28, 28) as explanations do → (B, 10)."""
        card, scores = self._recognisers[model]
        return worths(scores(images), card.calibration)

    def _answer(self, model: str, items: Sequence[Waiting]) -> list[Answer]:
        """Answer snapshots; a blank drawing needs no model."""
        drawings = [item.snapshot.ink for item in items]
        images = ink.render(drawings)
        for i, item in enumerate(items):
            if item.image is not None:
                images[i] = item.image
        recogniser = self._recognisers[model]
        inked = [i for i, drawing in enumerate(drawings) if not drawing.is_blank or images[i].any()]
        if len(inked) == len(drawings):
            judgements = recogniser.judge(images)
        else:
            judgements = [BLANK] * len(drawings)
            if inked:
                found = recogniser.judge(images[inked])
                for i, judgement in zip(inked, found, strict=True):
                    judgements[i] = judgement
        return list(map(Answer, judgements, images))


def tell(item: Waiting, answer: Answer, cut: Cut, include: Sequence[Include]) -> Prediction:
    """Say an answer as the message about its snapshot, which was predicted in this cut."""
    queue_ms, predict_ms = (cut.cut_at - item.received_at) * 1e3, (cut.done_at - cut.cut_at) * 1e3
    timing = Timing(round(queue_ms, 3), round(predict_ms, 3), cut.size)
    prediction = Prediction(item.snapshot.seq, item.snapshot.rev, cut.model, *answer.judgement, 0, timing)
    if "input" in include:
        pixels = (answer.image * 255 + 0.5).astype(np.uint8)
        prediction.input = base64.b64encode(pixels.tobytes()).decode()
    return prediction
