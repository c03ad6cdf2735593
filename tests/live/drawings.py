"""Digits drawn by hand for the tests, as lists of strokes; x to the right, y down."""

from collections.abc import Sequence
from math import cos, pi, sin
from struct import pack

Strokes = Sequence[Sequence[tuple[float, ...]]]


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[tuple[float, ...]]:
    """Sample an ellipse's arc from start to end, in turns clockwise from 3 o'clock, at 16 points."""
    turns = [start + (end - start) * i / 15 for i in range(16)]
    return [(x + rx * cos(2 * pi * t), y + ry * sin(2 * pi * t)) for t in turns]


DRAWINGS: dict[str, Strokes] = {
    "zero": [arc(50, 50, 26, 40, -0.25, 0.77)],
    "one": [[(40, 24), (54, 10), (54, 90)]],
    "two": [[*arc(50, 32, 22, 22, -0.52, 0.1), (28, 90), (76, 90)]],
    "three": [[*arc(48, 30, 20, 20, -0.55, 0.2), *arc(48, 69, 23, 21, -0.22, 0.42)]],
    "four": [[(52, 10), (24, 60), (80, 60)], [(62, 36), (62, 92)]],
    "five": [[(34, 12), (30, 46), *arc(48, 65, 24, 24, -0.35, 0.4)], [(34, 12), (72, 12)]],
    "six": [[(62, 10), (40, 36), *arc(50, 68, 21, 21, 0.5, -0.5)]],
    "seven": [[(24, 12), (76, 12), (44, 90)], [(36, 52), (72, 52)]],
    "eight": [[*arc(50, 30, 18, 18, 0.25, 1.25), *arc(50, 70, 22, 22, -0.25, 0.75)]],
    "nine": [[*arc(52, 32, 19, 20, 0, -1), (70, 50), (62, 92)]],
}


def binary_ink(strokes: Strokes, seq: int, rev: int = 0) -> bytes:
    """Encode whole-numbered strokes as the protocol's binary ink, independently of the product's code."""
    points = [round(number) for stroke in strokes for point in stroke for number in point[:2]]
    header = pack("<BBHII", 1, 0, len(strokes), seq, rev)
    counts = pack(f"<{len(strokes)}H", *(len(stroke) for stroke in strokes))
    return header + counts + pack(f"<{len(points)}h", *points)
