"""What Ray Serve costs, and what becomes of those who draw when a replica dies or all are replaced.

    python -m tests.bench.cluster [--quick] [PART …]

Needs the extra [cluster]. Starts one local cluster after another, and takes some minutes. Processor time is
that of all of Ray's processes together, what they use when idle included.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from functools import partial

from live.load.plan import Plan
from live.load.report import Report
from live.load.watch import Watch
from tests.bench.bench import load
from tests.bench.table import Table
from tests.bench.workers import DRAWING, draw_through
from tests.clusters import RunningCluster, running_cluster
from tests.command import add_parts, run
from tests.conftest import RunningServer, running_server

HAPROXY = {"RAY_SERVE_ENABLE_HA_PROXY": "1"}
MODEL = ("--model", "compact")
Happening = Callable[[RunningCluster], None]


def main() -> None:
    """Measure."""
    parts = {"overhead": overhead, "replicas": replicas, "apart": apart, "death": death, "update": update}
    parser = argparse.ArgumentParser(description="Measure the server on Ray Serve.")
    add_parts(parser, parts)
    parser.add_argument("--quick", action="store_true", help="measure briefly: to see that it works")
    options = parser.parse_args()
    for measure in options.parts:
        measure(Table(), 3 if options.quick else 10)


def overhead(table: Table, seconds: int) -> None:
    """Compare processor time an answer of the plain server and of one replica behind either proxy."""
    table.head("Ray Serve, one replica, 64 sessions in a closed loop")
    with running_server(*MODEL) as server:
        plain = _load(server, seconds)
    _add(table, "plain server", plain)
    for name, environment in (("default proxy", {}), ("HAProxy", HAPROXY)):
        with running_cluster("--replicas", "1", "--cores-per-replica", "0.5", *MODEL, **environment) as ray:
            _add(table, f"Ray, {name}", _load(ray, seconds), idle=idle(ray, seconds))


def replicas(table: Table, seconds: int) -> None:
    """Compare 1, 2 and 4 replicas."""
    table.head("Ray Serve behind HAProxy, 64 sessions in a closed loop")
    for count in (1, 2, 4):
        flags = ("--replicas", str(count), "--cores-per-replica", "0.25", *MODEL)
        with running_cluster(*flags, **HAPROXY) as ray:
            _add(table, f"{count} replicas", _load(ray, seconds))


def apart(table: Table, seconds: int) -> None:
    """Have the models in a deployment of their own."""
    table.head("Ray Serve behind HAProxy, models in a deployment of their own, 64 sessions in a closed loop")
    flags = ("--replicas", "1", "--model-replicas", "1", "--cores-per-replica", "0.25", *MODEL)
    with running_cluster(*flags, **HAPROXY) as ray:
        report = _load(ray, seconds)
    _add(table, "1 server, 1 model", report)


def death(table: Table, _: int) -> None:
    """Kill one of two replicas while 200 draw."""
    for name, environment in (("default proxy", {}), ("HAProxy", HAPROXY)):
        with running_cluster("--replicas", "2", "--cores-per-replica", "0.5", *MODEL, **environment) as ray:
            table.head(f"Ray Serve, {name}: one of two replicas killed while {DRAWING} draw")
            _draw_through(table, ray, lambda ray: ray.replicas()[0].kill())


def update(table: Table, _: int) -> None:
    """Replace both replicas while 200 draw."""
    for name, environment in (("default proxy", {}), ("HAProxy", HAPROXY)):
        with running_cluster("--replicas", "2", "--cores-per-replica", "0.5", *MODEL, **environment) as ray:
            table.head(f"Ray Serve, {name}: both replicas replaced while {DRAWING} draw")
            _draw_through(table, ray, _replace)


def _replace(ray: RunningCluster) -> None:
    ray.update(replicas="2", cores_per_replica="0.5", model="compact", reconnect_ms="1001")


def _draw_through(table: Table, ray: RunningCluster, happen: Happening) -> None:
    asyncio.run(draw_through(table, ray.socket, partial(happen, ray), before_s=3, after_s=15))


def _load(server: RunningServer | RunningCluster, seconds: int) -> Report:
    """Load a server with 64 sessions in a closed loop, after a second to warm up."""
    plan = Plan(url=server.socket, steps=1, seconds=seconds, is_closed=True, ramp_s=1.0, sessions=64)
    return load(plan, Watch(server.process.pid))


def idle(ray: RunningCluster, seconds: int) -> float:
    """Measure how many cores Ray takes while nobody draws."""
    watch = Watch(ray.process.pid)
    before = watch.look()
    time.sleep(seconds)
    return (watch.look().cpu_s - before.cpu_s) / seconds


def _add(table: Table, name: str, report: Report, idle: float | None = None) -> None:
    cost = f"{report.cpu_us_per_answer:.0f} µs an answer, {report.answers_per_s:,.0f} answers/s"
    latency = report.latency
    told = f"{cost}, p50 {latency.at(50) or 0:.1f} ms, p99 {latency.at(99) or 0:.1f} ms"
    table.add(name, told + ("" if idle is None else f"; idle {idle:.2f} cores"))


if __name__ == "__main__":
    run(main)
