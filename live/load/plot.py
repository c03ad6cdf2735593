"""Plots as inline SVG: lines over one or two axes, nothing else. Colours are the page's, by class."""

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

Line = Sequence[tuple[float, float]]
Gapped = Sequence[tuple[float, float | None]]
"""A line with gaps: None where nothing was measured."""
Scale = Callable[[float], float]

WIDTH, HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 28, 16, 44
_TICKS = 5
_DOT = 3
"""Radius of a point that has no line to be seen by."""


class Ticks(NamedTuple):
    """Where an axis is marked, and with what."""

    values: list[float]
    names: list[str]


def plot(
    lines: Mapping[str, Gapped],
    x_name: str,
    y_name: str,
    *,
    is_log: bool = False,
    x_ticks: Ticks | None = None,
) -> str:
    """Draw named lines of points in order of x, broken where y is None, or has no place on a log axis."""
    shown = {name: _runs(line, is_log) for name, line in lines.items()}
    ys = [y for runs in shown.values() for run in runs for _, y in run]
    if not ys:
        return "<p>Nothing was measured.</p>"
    xs = [x for line in lines.values() for x, _ in line]
    x_ticks = x_ticks or linear_ticks(min(xs), max(xs))
    y_low, y_high = min(ys), max(ys)
    y_ticks = _log_ticks(y_low, y_high) if is_log else linear_ticks(min(y_low, 0), y_high)
    to_x = _scale(x_ticks.values, _LEFT, WIDTH - _RIGHT)
    to_y = _scale(y_ticks.values, HEIGHT - _BOTTOM, _TOP, is_log=is_log)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{y_name} over {x_name}")}">',
        *(_mark_x(to_x(value), name) for value, name in zip(*x_ticks, strict=True)),
        *(_mark_y(to_y(value), name) for value, name in zip(*y_ticks, strict=True)),
        f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{escape(x_name)}</text>',
        *(_draw(run, to_x, to_y, number) for number, runs in enumerate(shown.values()) for run in runs),
        "</svg>",
    ]
    keys = "".join(f'<span class="line{number}">{escape(name)}</span>' for number, name in enumerate(shown))
    caption = f'<figcaption>{escape(y_name)} <span class="keys">{keys}</span></figcaption>'
    return f"<figure>{caption}{''.join(parts)}</figure>"


def _runs(line: Gapped, is_log: bool) -> list[Line]:
    """Break a line into those parts that can be drawn."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in line:
        if y is None or (is_log and y <= 0):
            runs.append([])
        else:
            runs[-1].append((x, y))
    return [run for run in runs if run]


def _draw(line: Line, to_x: Scale, to_y: Scale, number: int) -> str:
    if len(line) == 1:
        [(x, y)] = line
        return f'<circle class="line{number}" cx="{to_x(x):.1f}" cy="{to_y(y):.1f}" r="{_DOT}"/>'
    path = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in line)
    return f'<polyline class="line{number}" points="{path}"/>'


def _mark_x(x: float, name: str) -> str:
    bottom = HEIGHT - _BOTTOM
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>'
        f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{escape(name)}</text>'
    )


def _mark_y(y: float, name: str) -> str:
    return (
        f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>'
    )


def _scale(values: Sequence[float], start: float, end: float, *, is_log: bool = False) -> Scale:
    """Map the range of the ticks to pixels."""
    on_axis: Scale = math.log10 if is_log else float
    low, high = on_axis(values[0]), on_axis(values[-1])
    return lambda value: start + (on_axis(value) - low) / ((high - low) or 1) * (end - start)


def linear_ticks(low: float, high: float) -> Ticks:
    """Mark round numbers that reach from below the lowest to above the highest value."""
    span = (high - low) or abs(high) or 1.0
    rough = span / _TICKS
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    values = [number * step for number in range(first, max(last, first + 1) + 1)]
    return Ticks(values, [f"{value:,.{max(0, -math.floor(math.log10(step)))}f}" for value in values])


def _log_ticks(low: float, high: float) -> Ticks:
    """Mark the powers of ten around the lowest and the highest value."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    values = [10.0**power for power in range(first, max(last, first + 1) + 1)]
    return Ticks(values, [f"{value:,g}" for value in values])
