"""From snapshots to answers: the one blocking call that the batcher makes, for a whole batch.

    snapshots ─ ink.render ─▶ images ─ recogniser ─▶ scores ─ verdict.judge ─▶ answers

Runs in the predict thread; touches nothing that the event loop owns.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from live import ink
from live.recogniser import Recogniser
from live.session import Image, Waiting
from live.verdict import BLANK, Judgement


class Answer(NamedTuple):
    """What came of a snapshot: the judgement, and the image (28, 28) that it was about."""

    judgement: Judgement
    image: Image


class Predictor:
    """The models by name. Not thread-safe: one thread calls it."""

    def __init__(self, recognisers: Mapping[str, Recogniser]) -> None:
        self._recognisers = recognisers

    def __call__(self, model: str, items: Sequence[Waiting]) -> list[Answer]:
        """Answer a batch of snapshots with one model, in order; a blank drawing needs none."""
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
