"""The Grafana dashboard asks for what the server measures, and for all of it."""

import json
import re

from live.metrics import Metrics, collect, expose
from tests.conftest import ROOT

OF_NO_INTEREST = {"process_start_time_seconds", "process_virtual_memory_bytes", "python_info"}


def told() -> set[str]:
    """List the names that Prometheus would be told."""
    text = expose(collect(Metrics(), [], is_ready=True))[0].decode()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    return {f"{name}_bucket" if kind == "histogram" else name for name, kind in kinds.items()}


def test_every_panel_asks_for_numbers_that_there_are_and_none_is_forgotten() -> None:
    panels = json.loads((ROOT / "deploy" / "grafana.json").read_text())["panels"]
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"\b(?:live_digits|process)_\w+", target["expr"])
    }
    assert asked == told() - OF_NO_INTEREST
