"""The numbers of several workers, added up."""

from prometheus_client.parser import text_string_to_metric_families

from live.counts import Counts
from live.metrics import Metrics, collect, expose
from live.workers.totals import add_up, tell_of_workers, what_stays


def worker(snapshots: int) -> Metrics:
    metrics = Metrics()
    metrics.ended = Counts(snapshots, 0)
    metrics.ended.verdicts["digit"] = snapshots
    metrics.batch_size.observe(snapshots)
    return metrics


def test_counters_and_histograms_add_up_and_gauges_say_what_is() -> None:
    one = collect(worker(3), [Counts(0, 0)], is_ready=True)
    other = collect(worker(4), [Counts(0, 0)] * 2, is_ready=False)
    text, _ = expose(add_up([one, other, tell_of_workers({0: 1, 1: 2}, started=2)]))
    found = {
        ",".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }
    assert found["live_digits_predictions_total,digit"] == 7
    assert found["live_digits_sessions"] == 3
    assert found["live_digits_ready"] == 1
    assert found["live_digits_batch_size_bucket,2.0"] == 0
    assert found["live_digits_batch_size_bucket,4.0"] == 2
    assert found["live_digits_batch_size_sum"] == 7
    assert found["live_digits_worker_sessions,1"] == 2
    [own] = [family for family in one if family.name == "process_start_time_seconds"]
    assert found["process_start_time_seconds"] == own.samples[0].value
    [memory] = [family for family in one if family.name == "process_resident_memory_bytes"]
    assert found["process_resident_memory_bytes"] > 2.5 * memory.samples[0].value


def test_counters_of_a_worker_that_has_ended_stay_and_gauges_go() -> None:
    ended = what_stays(collect(worker(5), [Counts(0, 0)], is_ready=True))
    alive = collect(worker(2), [], is_ready=True)
    found = {s.name: s.value for family in add_up([ended, alive]) for s in family.samples}
    assert found["live_digits_snapshots_total"] == 7
    assert found["live_digits_sessions"] == 0
