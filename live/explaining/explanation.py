"""Explanations on the wire: why a prediction is what it is.

Part of the wire format, which messages.py has the rest of.
"""

from typing import Literal

import msgspec


class PieceWeights(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of the ink, and what it adds to the digit's score.

    stroke: where it begins, among the snapshot's strokes. It goes from point `start` of that stroke up to,
    not including, point `end`, and on to the next piece's first.
    weights: the same for all ten digits: "why not a 9?".
    strokes: how many it has part in, where there are more strokes than pieces; `end` is a point of the last.
    """

    stroke: int
    start: int
    end: int
    weight: float
    weights: list[float]
    strokes: int = 1


class Explanation(msgspec.Struct, tag="explanation", frozen=True):
    """Why a prediction: weights for (above 0) and against the digit that add up to score - blank.

    score, blank: the digit's score for the drawing and for blank paper: its probability, times that of being
    a digit at all where the model knows what is none. `scores` and `blanks` are those of all ten digits.
    Ink (method "shapley"): `pieces`, and in `owners`, base64 of 28×28 bytes, which piece darkens each pixel
    most, 255 for none. Pictures (method "shap"): `pixels`, base64 of 28×28 signed bytes, of which one of 127
    stands for a weight of `scale`; and `patches`, the weights for all ten digits of 7×7 patches, row by row.
    """

    seq: int
    rev: int
    model: str
    digit: int
    method: Literal["shapley", "shap"]
    score: float
    blank: float
    scores: list[float]
    blanks: list[float]
    pieces: list[PieceWeights] | msgspec.UnsetType = msgspec.UNSET
    owners: str | msgspec.UnsetType = msgspec.UNSET
    pixels: str | msgspec.UnsetType = msgspec.UNSET
    scale: float | msgspec.UnsetType = msgspec.UNSET
    patches: list[list[float]] | msgspec.UnsetType = msgspec.UNSET
