"""What the server measures of itself, for Prometheus.

The hot path only adds to plain numbers; names, labels and text are made when somebody asks. Sessions count
for themselves; `Metrics` keeps what the ended ones counted. One event loop owns it all.
"""

import platform
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from live import __version__
from live.counts import Counts

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_SECONDS = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 2.0, 5.0)
_SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Histogram:
    """Counts by upper bound, as Prometheus has them: the last is everything beyond."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """List the cumulative counts by upper bound."""
        total = 0
        found: list[tuple[str, float]] = []
        for bound, count in zip([*map(str, self.bounds), "+Inf"], self.counts, strict=True):
            total += count
            found.append((bound, total))
        return found


class Metrics:
    """The numbers of one server."""

    def __init__(self) -> None:
        self.sessions_opened = 0
        self.thread_restarts = 0
        self.refusals: Counter[str] = Counter()
        self.ended = Counts()
        self.queue_wait_s = Histogram(_SECONDS)
        self.batch_size = Histogram(_SIZES)
        self.predict_s = Histogram(_SECONDS)
        self.answer_s = Histogram(_SECONDS)
        self.loop_lag_s = Histogram(_SECONDS)


def collect(metrics: Metrics, sessions: Sequence[Counts], is_ready: bool, tasks: int = 0) -> "list[Metric]":
    """List all numbers of this process, Prometheus' own of the process and the platform among them.

    sessions: what each open one has counted; tasks: those of the event loop.
    """
    # Imported late: a server that nobody watches needs none of it.
    from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return [*_families(metrics, sessions, is_ready, tasks), *registry.collect()]


def expose(families: "Sequence[Metric]") -> tuple[bytes, str]:
    """Write numbers in Prometheus' text format; return it with its content type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
    from prometheus_client.exposition import generate_latest
    from prometheus_client.registry import Collector

    class Collected(Collector):
        def collect(self) -> "Sequence[Metric]":
            return families

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collected())
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _families(metrics: Metrics, sessions: Sequence[Counts], is_ready: bool, tasks: int) -> Iterator["Metric"]:
    from prometheus_client.metrics_core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
    )

    counts = Counts()
    for some in (metrics.ended, *sessions):
        counts += some
    versions = {"version": __version__, "python": platform.python_version()}
    yield InfoMetricFamily("live_digits_build", "What runs", versions)
    yield GaugeMetricFamily("live_digits_ready", "1 when sessions are let in", int(is_ready))
    yield GaugeMetricFamily("live_digits_sessions", "Sessions open", len(sessions))
    yield GaugeMetricFamily("live_digits_tasks", "Tasks of the event loop", tasks)
    yield CounterMetricFamily("live_digits_sessions_opened", "Sessions opened", metrics.sessions_opened)
    yield CounterMetricFamily(
        "live_digits_thread_restarts", "Predict threads replaced", metrics.thread_restarts
    )
    yield CounterMetricFamily("live_digits_snapshots", "Snapshots received", counts.snapshots)
    yield CounterMetricFamily("live_digits_dropped", "Snapshots superseded", counts.dropped)
    for name, help_text, label, by in (
        ("live_digits_predictions", "Predictions sent, by verdict", "verdict", counts.verdicts),
        ("live_digits_errors", "Errors sent, by code", "code", counts.errors),
        ("live_digits_refusals", "Connections refused, by code", "code", metrics.refusals),
    ):
        family = CounterMetricFamily(name, help_text, labels=[label])
        for key, number in by.items():
            family.add_metric([key], number)
        yield family
    for name, help_text, histogram in (
        ("live_digits_queue_wait_seconds", "From snapshot to the start of its batch", metrics.queue_wait_s),
        ("live_digits_batch_size", "Snapshots in a batch", metrics.batch_size),
        ("live_digits_predict_seconds", "Rendering, running and judging a batch", metrics.predict_s),
        ("live_digits_answer_seconds", "From snapshot to its prediction", metrics.answer_s),
        (
            "live_digits_loop_lag_seconds",
            "How late the event loop woke from a short sleep",
            metrics.loop_lag_s,
        ),
    ):
        yield HistogramMetricFamily(name, help_text, histogram.buckets(), histogram.sum)
