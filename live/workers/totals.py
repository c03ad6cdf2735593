"""Adds up what the workers of one server measure, as Prometheus is to see it.

In go each worker's metric families, as metrics.py lists them; out comes one list as if of a single process.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_RULES: dict[str, Callable[[float, float], float]] = {
    "live_digits_ready": max,
    "live_digits_build": max,
    "python_info": max,
    "process_start_time_seconds": min,
}
"""What is no sum: gauges that say yes or no, or since when."""


def add_up(parts: "Iterable[Iterable[Metric]]") -> "list[Metric]":
    """Add up families of the same name, and in them samples of the same name and labels."""
    from prometheus_client.metrics_core import Metric

    found: dict[str, Metric] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for part in parts:
        for family in part:
            if family.name not in found:
                found[family.name] = Metric(family.name, family.documentation, family.type, family.unit)
            known = values.setdefault(family.name, {})
            join = _RULES.get(family.name, _plus)
            for sample in family.samples:
                key = (sample.name, tuple(sample.labels.items()))
                known[key] = join(known[key], sample.value) if key in known else sample.value
    for name, family in found.items():
        for (sample_name, labels), value in values[name].items():
            family.add_sample(sample_name, dict(labels), value)
    return list(found.values())


def what_stays(families: "Iterable[Metric]") -> "list[Metric]":
    """Pick what must not shrink when its worker has ended: counters and histograms, not gauges."""
    return [family for family in families if family.type in ("counter", "histogram")]


def tell_of_workers(sessions: Mapping[int, int], started: int) -> "list[Metric]":
    """List what the supervisor knows: the sessions of each worker, how many were ever started, and itself."""
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    by_worker = GaugeMetricFamily(
        "live_digits_worker_sessions", "Sessions open, by worker", labels=["worker"]
    )
    for number, open_now in sessions.items():
        by_worker.add_metric([str(number)], open_now)
    ever = CounterMetricFamily("live_digits_workers_started", "Workers ever started", started)
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return [by_worker, ever, *registry.collect()]


def _plus(one: float, other: float) -> float:
    return one + other
