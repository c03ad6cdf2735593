"""The same application on Ray Serve: a real cluster of this machine alone."""

import asyncio
import importlib.util
import os
from collections.abc import Iterator

import httpx
import pytest

from tests.clusters import RunningCluster, running_cluster
from tests.hands import hands
from tests.test_server import run

IS_INSTALLED = importlib.util.find_spec("ray") is not None
needs_cluster = pytest.mark.skipif(
    not os.environ.get("LIVE_DIGITS_TEST_CLUSTER"),
    reason="a cluster takes a minute: `make test-cluster` runs it",
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[RunningCluster]:
    """Two servers and one process of models, behind Ray's default proxy."""
    flags = ("--replicas", "2", "--model-replicas", "1", "--cores-per-replica", "0.25", "--model", "classic")
    with running_cluster(*flags) as running:
        yield running


@pytest.mark.skipif(IS_INSTALLED, reason="Ray is installed")
def test_without_ray_it_is_said_what_to_install() -> None:
    found = run("cluster")
    assert found.returncode == 1
    assert found.stderr == "live-digits: Expected Ray: pip install 'live-digits[cluster]'\n"


@needs_cluster
def test_the_page_and_predictions_are_there(cluster: RunningCluster) -> None:
    with httpx.Client(base_url=cluster.url, timeout=30) as http:
        assert http.get("/readyz").json() == {"status": "ready"}
        assert http.get("/").headers["content-type"].startswith("text/html")
        found = http.post("/v1/predict", json={"strokes": [[[20, 10], [80, 10], [45, 90]]]}).json()
    assert (found["digit"], found["model"]) == (7, "classic")


@needs_cluster
async def test_who_draws_outlives_replicas(cluster: RunningCluster) -> None:
    async with hands(cluster.socket, 20) as drawing:
        old = cluster.replicas()
        assert len(old) == 2
        old[0].kill()
        async with asyncio.timeout(60):
            while not drawing.seen.cuts:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await drawing.draw_once_more()
        changed = {"replicas": "2", "model_replicas": "1", "cores_per_replica": "0.25", "model": "compact"}
        await asyncio.to_thread(cluster.update, **changed)
        await drawing.draw_once_more()
        assert not {replica.pid for replica in old} & {replica.pid for replica in cluster.replicas()}
        assert (drawing.seen.wrong, drawing.seen.errors) == (0, {})
    assert drawing.seen.cuts["1012"] > 0


@needs_cluster
async def test_a_cluster_that_is_told_to_stop_tells_every_session(cluster: RunningCluster) -> None:
    async with hands(cluster.socket, 5) as drawing:
        cuts = drawing.seen.cuts
        cluster.process.terminate()
        assert await asyncio.to_thread(cluster.process.wait, 60) == 0
        cuts = drawing.seen.cuts - cuts
    assert cuts == {"1012": 5}
