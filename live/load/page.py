"""A report as a page: one file that needs nothing else, with plots."""

import math
from html import escape

from live import __version__
from live.load import text
from live.load.plot import Line, Ticks, plot
from live.load.report import Report, Times

_CURVE = (
    0,
    10,
    20,
    30,
    40,
    50,
    60,
    70,
    80,
    90,
    95,
    97,
    98,
    99,
    99.5,
    99.7,
    99.9,
    99.95,
    99.97,
    99.99,
    99.999,
)
_CURVE_TICKS = (0, 90, 99, 99.9, 99.99, 99.999)

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1c1a; --faint: #8886; --a: #1f6fd6; --b: #d4572a; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #161615; --ink: #ecebe6; --a: #6aa8ff; --b: #ff9166; }
}
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 84rem; padding: 0 1rem; }
h1 { overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: 1rem; border: 1px solid var(--faint); border-radius: 8px; }
.broken { color: var(--b); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1.5rem; }
figure { margin: 0; }
figcaption { font-weight: 600; }
.keys { font-weight: 400; }
.keys span { margin-left: 1em; }
.keys .line0, .keys .line1 { color: var(--a); }
.keys .line1 { color: var(--b); }
svg { width: 100%; height: auto; }
svg line { stroke: var(--faint); stroke-width: 1; }
svg text { fill: var(--ink); font-size: 12px; opacity: 0.75; }
svg polyline { fill: none; stroke: var(--a); stroke-width: 2; stroke-linejoin: round; }
svg polyline.line1 { stroke: var(--b); }
svg circle { fill: var(--a); }
svg circle.line1 { fill: var(--b); }
"""


def render(report: Report) -> str:
    """Render a report as an HTML document."""
    plan = escape(text.describe_plan(report.plan))
    broken = '<p class="broken"><strong>A guarantee was broken.</strong></p>' if report.outcome.broken else ""
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Load test of {escape(report.plan.url)}</title>
<style>{_STYLE}</style>
<h1>Load test of {escape(report.plan.url)}</h1>
<p>{plan}. By live-digits {__version__}.</p>
{broken}
<pre>{escape(text.describe(report))}</pre>
<div class="plots">
{"".join(_plots(report))}
</div>
</html>
"""


def _plots(report: Report) -> list[str]:
    seconds = report.seconds
    names = [f"p{percent:g}" for percent in _CURVE_TICKS]
    ticks = Ticks([_nines(percent) for percent in _CURVE_TICKS], names)
    curves = {
        "answered snapshots": _curve(report.latency),
        "all, until they or a newer one were answered": _curve(report.wait),
    }
    plots = [
        plot(curves, "percentile", "Latency, ms", is_log=True, x_ticks=ticks),
        plot(
            {
                "p50": [(second.at, second.p50) for second in seconds],
                "p99": [(second.at, second.p99) for second in seconds],
            },
            "seconds",
            "Latency over time, ms",
            is_log=True,
        ),
        plot(
            {
                "answered": [(second.at, second.answered) for second in seconds],
                "sent": [(second.at, second.sent) for second in seconds],
            },
            "seconds",
            "Snapshots a second",
        ),
        plot(
            {"": list(enumerate(sorted(report.outcome.answers_a_session)))},
            "sessions, in order",
            "Answers a session",
        ),
    ]
    if report.rss_bytes:
        cpu = [(second.at, second.cpu_s) for second in seconds]
        rss = [(second.at, second.rss_bytes and second.rss_bytes / 1e6) for second in seconds]
        plots.append(plot({"": cpu}, "seconds", "Server: cores busy"))
        plots.append(plot({"": rss}, "seconds", "Server: resident memory, MB"))
    return plots


def _curve(times: Times) -> Line:
    found = ((_nines(percent), times.at(percent)) for percent in _CURVE)
    return [(x, y) for x, y in found if y is not None]


def _nines(percent: float) -> float:
    """Spread the high percentiles: as many steps from 90 to 99 as from 99 to 99.9."""
    return -math.log10(1 - percent / 100)
