"""What Prometheus is told."""

from prometheus_client.parser import text_string_to_metric_families

from live.counts import Counts
from live.metrics import Histogram, Metrics, collect, expose


def told(metrics: Metrics, sessions: list[Counts], is_ready: bool = True) -> dict[tuple[str, str], float]:
    """Read the exposition as Prometheus would: (name, labels) → value."""
    text, content_type = expose(collect(metrics, sessions, is_ready))
    assert content_type.startswith("text/plain")
    return {
        (sample.name, ",".join(f"{key}={value}" for key, value in sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_sessions_open_and_ended_are_added_up() -> None:
    metrics = Metrics()
    metrics.ended = Counts(5, 1)
    metrics.ended.verdicts["digit"] = 4
    drawing = Counts(2, 0)
    drawing.verdicts["digit"] = 1
    drawing.errors["stale_seq"] = 1
    found = told(metrics, [drawing])
    assert found["live_digits_sessions", ""] == 1
    assert found["live_digits_snapshots_total", ""] == 7
    assert found["live_digits_dropped_total", ""] == 1
    assert found["live_digits_predictions_total", "verdict=digit"] == 5
    assert found["live_digits_errors_total", "code=stale_seq"] == 1
    assert found["live_digits_ready", ""] == 1


def test_the_process_and_the_build_are_told() -> None:
    found = told(Metrics(), [], is_ready=False)
    assert found["live_digits_ready", ""] == 0
    assert ("process_resident_memory_bytes", "") in found
    assert any(name == "live_digits_build_info" for name, _ in found)


def test_a_histogram_counts_up_to_each_bound() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.observe(value)
    assert histogram.buckets() == [("1.0", 2), ("2.0", 3), ("+Inf", 4)]
    assert histogram.sum == 12
    metrics = Metrics()
    metrics.batch_size.observe(3)
    found = told(metrics, [])
    assert found["live_digits_batch_size_bucket", "le=2.0"] == 0
    assert found["live_digits_batch_size_bucket", "le=4.0"] == 1
    assert found["live_digits_batch_size_count", ""] == 1
