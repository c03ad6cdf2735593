"""The Grafana dashboard asks for what the server measures, and for all of it."""

import json
import re

from live.metrics import Metrics, collect, expose
from live.workers.totals import tell_of_workers
from tests.conftest import ROOT

OF_NO_INTEREST = {"process_start_time_seconds", "process_virtual_memory_bytes", "python_info"}
PANELS = json.loads((ROOT / "deploy" / "grafana.json").read_text())["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]


def told() -> set[str]:
    """List the names that Prometheus would be told, by one process or by several workers."""
    families = [*collect(Metrics(), [], is_ready=True), *tell_of_workers({0: 0}, started=1)]
    text = expose(families)[0].decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    return {f"{name}_bucket" if kind == "histogram" else name for name, kind in kinds.items()}


def names(query: str) -> set[str]:
    return set(re.findall(r"\b(?:live_digits|process)_\w+", query))


def test_every_panel_asks_for_numbers_that_there_are_and_none_is_forgotten() -> None:
    assert set().union(*map(names, QUERIES)) == told() - OF_NO_INTEREST


def test_what_every_program_tells_is_asked_of_live_digits_alone() -> None:
    for query in QUERIES:
        if any(name.startswith("process_") for name in names(query)):
            assert query.endswith(" and on (job, instance) live_digits_ready")
