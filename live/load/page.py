"""A report as a page."""

from live.load.report import Report


def render(report: Report) -> str:
    """Render."""
    return ""
