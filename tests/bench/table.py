"""What the bench prints: a Markdown table, a line a measurement, with its goal where it has one."""

import sys
from typing import NamedTuple


class Line(NamedTuple):
    """One measurement."""

    what: str
    value: str
    goal: str = ""
    is_met: bool | None = None


class Table:
    """Prints lines as they come, and remembers whether the goals were met."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def head(self, text: str) -> None:
        """Begin a part of the table, and its heading."""
        print(f"\n### {text}\n\n| | measured | goal | |\n| --- | --- | --- | --- |", flush=True)

    def add(self, what: str, value: str, goal: str = "", is_met: bool | None = None) -> None:
        """Add a line."""
        self.lines.append(Line(what, value, goal, is_met))
        mark = "" if is_met is None else "met" if is_met else "**missed**"
        print(f"| {what} | {value} | {goal} | {mark} |", flush=True)

    def note(self, text: str) -> None:
        """Say what is going on, but not in the table."""
        print(f"… {text}", file=sys.stderr, flush=True)

    @property
    def missed(self) -> list[Line]:
        """The lines whose goal was not met."""
        return [line for line in self.lines if line.is_met is False]


def ms(value: float | None) -> str:
    """Show milliseconds."""
    return "-" if value is None else f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} ms"


def latency(percentiles: dict[str, float | None]) -> str:
    """Show a distribution of milliseconds."""
    return ", ".join(f"{name} {ms(value)}" for name, value in percentiles.items())
