"""Panels one below the other over the same time, as an SVG file that stands by itself, by day and night."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from live.load.plot import Line, Scale, linear_ticks

_WIDTH, _LEFT, _RIGHT = 760, 64, 24
_TOP, _BOTTOM = 46, 52
_PANEL, _TITLE, _GAP = 112, 30, 18
_CHARACTER = 7.2
"""Width of one, in pixels, about: what is told after the other in a line must not overlap."""

_STYLE = """
svg { --paper: #fffefb; --ink: #1a1b21; --muted: #5d5e66; --line: #dcd8ce; --shade: #f1efe8;
  --a: #2a4bd7; --b: #c2410c; --c: #0f766e;
  font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #1a1c22; --ink: #efede7; --muted: #a5a6af; --line: #3a3c46; --shade: #22242b;
    --a: #8ea6ff; --b: #ff9d6b; --c: #5eead4; }
}
.paper { fill: var(--paper); stroke: var(--line); } .shade { fill: var(--shade); }
text { fill: var(--muted); } .name { fill: var(--ink); font-weight: 600; } .title { font-size: 16px; }
.grid { stroke: var(--line); } .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
.trend { fill: none; stroke: var(--ink); stroke-width: 1.25; stroke-dasharray: 6 5; }
.c0 { stroke: var(--a); } .c1 { stroke: var(--b); } .c2 { stroke: var(--c); }
.k0 { fill: var(--a); } .k1 { fill: var(--b); } .k2 { fill: var(--c); }
"""


class Panel(NamedTuple):
    """Up to three lines on one axis, which begins at zero."""

    name: str
    """What is measured, with its unit."""
    lines: dict[str, Line]
    note: str = ""
    trend: Line = ()
    """A straight line through one of them."""


def draw(title: str, panels: Sequence[Panel], x_name: str, shaded: tuple[float, str]) -> str:
    """Draw panels; shaded: up to where, and what that is."""
    xs = [x for panel in panels for line in panel.lines.values() for x, _ in line]
    ticks = linear_ticks(0.0, max(xs))
    end = max(xs)

    def to_x(x: float) -> float:
        return _LEFT + x / end * (_WIDTH - _LEFT - _RIGHT)

    height = _TOP + len(panels) * (_TITLE + _PANEL + _GAP) + _BOTTOM - _GAP
    bottom = height - _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><style>{_STYLE}</style>',
        f'<rect class="paper" x=".5" y=".5" width="{_WIDTH - 1}" height="{height - 1}" rx="10"/>',
        f'<text class="name title" x="{_LEFT}" y="32">{escape(title)}</text>',
    ]
    for number, panel in enumerate(panels):
        top = _TOP + number * (_TITLE + _PANEL + _GAP) + _TITLE
        parts.append(_shade(to_x(shaded[0]), top, "" if number else shaded[1]))
        parts += _panel(panel, top, to_x)
    for value, name in zip(*ticks, strict=True):
        if value <= end:
            parts.append(f'<text x="{to_x(value):.1f}" y="{bottom + 20}" text-anchor="middle">{name}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{bottom + 40}" text-anchor="middle">{escape(x_name)}</text></svg>')
    return "\n".join(parts)


def _shade(end: float, top: float, name: str) -> str:
    rect = f'<rect class="shade" x="{_LEFT}" y="{top}" width="{end - _LEFT:.1f}" height="{_PANEL}"/>'
    return f'{rect}<text x="{_LEFT + 6}" y="{top + _PANEL - 8}">{escape(name)}</text>'


def _panel(panel: Panel, top: float, to_x: Scale) -> Iterator[str]:
    ticks = linear_ticks(0.0, max(y for line in panel.lines.values() for _, y in line))
    high = ticks.values[-1]

    def to_y(y: float) -> float:
        return top + _PANEL * (1 - y / high)

    for value, name in list(zip(*ticks, strict=True))[:: 2 if len(ticks.values) > 4 else 1]:
        y = to_y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{name}</text>'
    x = float(_LEFT)
    yield f'<text class="name" x="{x}" y="{top - 10}">{escape(panel.name)}</text>'
    x += (len(panel.name) + 3) * _CHARACTER
    for number, (name, line) in enumerate(panel.lines.items()):
        yield f'<polyline class="line c{number}" points="{_points(line, to_x, to_y)}"/>'
        if len(panel.lines) > 1:
            yield f'<text class="k{number}" x="{x:.1f}" y="{top - 10}">— {escape(name)}</text>'
            x += (len(name) + 4) * _CHARACTER
    if panel.trend:
        yield f'<polyline class="trend" points="{_points(panel.trend, to_x, to_y)}"/>'
    yield f'<text x="{_WIDTH - _RIGHT}" y="{top - 10}" text-anchor="end">{escape(panel.note)}</text>'


def _points(line: Line, to_x: Scale, to_y: Scale) -> str:
    return " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in line)
