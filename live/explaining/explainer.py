"""The explainer: a snapshot and its prediction → why.

Beside the flow: connection and inquiries ask, for those who want it, once the prediction is made. Ink is
explained by its pieces (explain.py), a picture by its patches (patcher.py); what has to be scored for that is
scored in spare time (spare.py).
"""

import asyncio
import base64
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from live.batcher import Batcher
from live.explaining import patches
from live.explaining.explain import Coalitions, cut, shapley
from live.explaining.explanation import Explanation, PieceWeights
from live.explaining.patcher import Patcher
from live.explaining.patches import Masked, Patches, spread
from live.ink import Image
from live.messages import Prediction
from live.session import Waiting
from live.spare import Score, SpareTime
from live.verdict import Probabilities

Take = Callable[[], tuple[Waiting, Prediction] | None]
"""Hands out what is to be explained, if it still is."""

_DECIMALS = 6
"""Of weights on the wire: eight of them, rounded, still add up within 1e-5."""


class Explainer:
    """Explains one prediction per call. Any task of one event loop may ask."""

    def __init__(self, batcher: Batcher[Any, Any]) -> None:
        self._spare = SpareTime(batcher)
        self._patcher = Patcher()
        self._turn = asyncio.Lock()

    async def explain_newest(self, take: Take) -> Explanation | None:
        """Wait for a turn, then take what is newest by now, and explain that. Raises LiveError."""
        async with self._turn:
            newest = take()
            if newest and newest[0].image is None:
                return await self.explain(*newest)
        return await self.explain(*newest) if newest else None

    async def explain(self, item: Waiting, prediction: Prediction) -> Explanation:
        """Say why a snapshot was read as it was; the prediction has a digit. Raises LiveError."""
        if item.image is not None:
            score = partial(self._spare.score, prediction.model)
            return tell_patches(prediction, item.image, await self._patcher.explain(item.image, score))
        coalitions = Coalitions(item.snapshot.ink, cut(item.snapshot.ink))
        worths = await self._spare.score(prediction.model, coalitions)
        return tell_pieces(prediction, coalitions, worths)

    async def close(self) -> None:
        """End what explains pictures."""
        await self._patcher.close()


def explain_alone(item: Waiting, prediction: Prediction, score: Score) -> Explanation:
    """Explain without a server, and wait for it; `score` is a model's. Raises UnknownModel without shap."""
    image = item.image
    if image is not None:
        patches.check_installed()
        found = patches.explain(image, lambda masks: score(Masked(image, masks)[:]))
        return tell_patches(prediction, image, found)
    coalitions = Coalitions(item.snapshot.ink, cut(item.snapshot.ink))
    return tell_pieces(prediction, coalitions, score(coalitions[:]))


def tell_pieces(prediction: Prediction, coalitions: Coalitions, worths: Probabilities) -> Explanation:
    """Say what came of all coalitions' worths (2^N, 10) as a message."""
    digit = prediction.digit
    assert digit is not None
    rows = shapley(worths).round(_DECIMALS).tolist()
    blanks, scores = worths[0].round(_DECIMALS).tolist(), worths[-1].round(_DECIMALS).tolist()
    pieces = []
    for piece, row in zip(coalitions.pieces, rows, strict=True):
        first, last = map(coalitions.drawing.number, (piece.stroke, piece.stroke + piece.strokes - 1))
        pieces.append(PieceWeights(first, piece.start, piece.end, row[digit], row, last - first + 1))
    return Explanation(
        prediction.seq,
        prediction.rev,
        prediction.model,
        digit,
        "shapley",
        scores[digit],
        blanks[digit],
        scores,
        blanks,
        pieces,
        base64.b64encode(coalitions.owners.tobytes()).decode(),
    )


def tell_patches(prediction: Prediction, image: Image, found: Patches) -> Explanation:
    """Say what the patches of an image (28, 28) say as a message."""
    digit = prediction.digit
    assert digit is not None
    pixels = spread(found.weights[:, digit], image)
    scale = float(np.abs(pixels).max()) or 1.0
    scores, blanks = found.scores.round(_DECIMALS).tolist(), found.blanks.round(_DECIMALS).tolist()
    return Explanation(
        prediction.seq,
        prediction.rev,
        prediction.model,
        digit,
        "shap",
        scores[digit],
        blanks[digit],
        scores,
        blanks,
        pixels=base64.b64encode((pixels * (127 / scale)).round().astype(np.int8).tobytes()).decode(),
        scale=round(scale, 8),
        patches=found.weights.round(_DECIMALS).tolist(),
    )
