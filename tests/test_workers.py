"""Several workers that serve as one: real processes, seen from outside."""

import asyncio
import contextlib
import json
import shutil
import signal
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import httpx
import psutil
import pytest
import websockets
from prometheus_client.parser import text_string_to_metric_families
from websockets import ClientConnection, ConnectionClosed, InvalidStatus

from live.settings import WEIGHTS
from live.workers.staff import delay_after
from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS
from tests.test_server import run

MOST = 40
"""Sessions that the server takes, over both workers."""
DRAWN = "live_digits_predictions_total,digit"
STARTED = "live_digits_workers_started_total"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of its own, which tests may change."""
    folder = tmp_path_factory.mktemp("weights")
    for path in WEIGHTS.glob("classic.*"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def pair(weights: Path) -> Iterator[RunningServer]:
    """Two workers; every test leaves two that serve."""
    with running_server("--workers", "2", "--weights", str(weights), "--max-sessions", str(MOST)) as running:
        yield running


async def numbers(server: RunningServer) -> Mapping[str, float]:
    """Ask for the metrics, each time of any worker: name and labels → value, 0 for what is not there yet."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        text = (await http.get("/metrics")).text
    found = {
        ",".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return defaultdict(float, found)


async def until(server: RunningServer, claim: Callable[[Mapping[str, float]], bool]) -> Mapping[str, float]:
    """Wait until the numbers are as claimed."""
    found: Mapping[str, float] = {}
    for _ in range(600):
        # A worker may die while it is asked.
        with contextlib.suppress(httpx.TransportError):
            if claim(found := await numbers(server)):
                return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"Expected other numbers after 30 s than {found}")


@contextlib.asynccontextmanager
async def sessions(server: RunningServer, count: int) -> AsyncIterator[list[ClientConnection]]:
    """Open some sessions, and read how they are welcomed."""
    async with contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(websockets.connect(server.socket)) for _ in range(count)]
        for one in opened:
            await one.recv()
        yield opened


async def draw(one: ClientConnection, seq: int = 0) -> int | None:
    await one.send(json.dumps({"type": "ink", "seq": seq, "strokes": DRAWINGS["seven"]}))
    answer = json.loads(await one.recv())
    digit: int | None = answer["digit"]
    return digit


async def test_any_worker_tells_the_numbers_of_all(pair: RunningServer) -> None:
    before = await numbers(pair)
    async with sessions(pair, 16) as opened:
        assert await asyncio.gather(*map(draw, opened)) == [7] * 16
        told = [await numbers(pair) for _ in range(8)]
    for found in told:
        by_worker = [found["live_digits_worker_sessions,0"], found["live_digits_worker_sessions,1"]]
        assert min(by_worker) > 0
        assert sum(by_worker) == found["live_digits_sessions"] == 16
        assert found[DRAWN] == before[DRAWN] + 16
        assert found["live_digits_predict_seconds_count"] > before["live_digits_predict_seconds_count"]
        assert found["live_digits_ready"] == 1
    await until(pair, lambda found: found["live_digits_sessions"] == 0)


@contextlib.asynccontextmanager
async def asked_all_the_while(server: RunningServer) -> AsyncIterator[list[str]]:
    """Ask any worker for readiness, as a load balancer does; list what comes, "refused" for nothing."""
    heard: list[str] = []

    async def ask(http: httpx.AsyncClient) -> None:
        while True:
            try:
                answer = await http.get("/readyz")
            except httpx.TransportError:
                heard.append("refused")
            else:
                heard.append(answer.json()["status"])
                assert (answer.status_code == 200) == (heard[-1] == "ready")
            await asyncio.sleep(0.02)

    async with httpx.AsyncClient(base_url=server.url, headers={"Connection": "close"}, timeout=30) as http:
        asking = asyncio.create_task(ask(http))
        yield heard
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()


async def test_it_is_ready_while_one_worker_is_replaced(pair: RunningServer) -> None:
    before, counted = pair.worker_pids(), await numbers(pair)
    async with asked_all_the_while(pair) as heard:
        psutil.Process(min(before)).kill()
        await until(pair, lambda found: found[STARTED] > counted[STARTED])
        # The dead one's socket is closed: whoever asks is told by the other, and later by the successor, too.
        heard.clear()
        await until_both_serve(pair)
        assert set(heard) == {"ready"}


async def test_it_is_not_ready_while_no_worker_is(pair: RunningServer) -> None:
    async with asked_all_the_while(pair) as heard:
        for pid in pair.worker_pids():
            psutil.Process(pid).kill()
        async with asyncio.timeout(60):
            while "refused" not in heard or heard[-1] != "ready":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    async with sessions(pair, 1) as [one]:
        assert await draw(one) == 7
    await until_both_serve(pair)


async def until_both_serve(server: RunningServer) -> None:
    """Wait until either worker has sessions of the sixteen that are opened; the kernel chooses."""
    async with asyncio.timeout(60):
        while True:
            async with sessions(server, 16):
                found = await numbers(server)
                if min(found["live_digits_worker_sessions,0"], found["live_digits_worker_sessions,1"]) > 0:
                    break
    await until(server, lambda found: found["live_digits_sessions"] == 0)


async def test_the_limit_on_sessions_is_one_for_all(pair: RunningServer) -> None:
    async with sessions(pair, MOST):
        for _ in range(4):
            with pytest.raises(InvalidStatus) as refused:
                await websockets.connect(pair.socket)
            assert refused.value.response.status_code == 503
    await until(pair, lambda found: found["live_digits_sessions"] == 0)


async def test_a_dead_worker_is_replaced_and_costs_the_others_nothing(pair: RunningServer) -> None:
    before = pair.worker_pids()
    async with sessions(pair, 16) as opened:
        await asyncio.gather(*map(draw, opened))
        counted = await numbers(pair)
        psutil.Process(min(before)).kill()
        after = await until(
            pair,
            lambda found: found[STARTED] > counted[STARTED],
        )
        assert after[DRAWN] >= counted[DRAWN]
        drawn = await asyncio.gather(*(draw(one, seq=1) for one in opened), return_exceptions=True)
        cut = sum(isinstance(answer, ConnectionClosed) for answer in drawn)
        assert 0 < cut < 16
        assert drawn.count(7) == 16 - cut
    await until(pair, lambda found: found["live_digits_sessions"] == 0)
    await until_both_serve(pair)
    assert len(pair.worker_pids() - before) == 1


async def test_new_weights_come_without_a_lost_snapshot(pair: RunningServer, weights: Path) -> None:
    card = weights / "classic.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "summary": "A newer one"}))
    before = pair.worker_pids()

    async def draw_on() -> tuple[int, set[str]]:
        """Draw until the newer model answers; return how often one did, and how sessions ended till then."""
        answered, ends = 0, set()
        async for one in websockets.connect(pair.socket):
            ready = json.loads(await one.recv())
            seq = 0
            try:
                while ready["models"][0]["summary"] != "A newer one" or seq < 2:
                    await one.send(json.dumps({"type": "ink", "seq": seq, "strokes": DRAWINGS["seven"]}))
                    seq += 1
                    while (answer := json.loads(await one.recv()))["type"] == "goaway":
                        pass
                    answered += answer["digit"] == 7
                await one.close()
                break
            except ConnectionClosed as end:
                ends.add(f"{end.rcvd.code if end.rcvd else None}")
        return answered, ends

    drawing = [asyncio.create_task(draw_on()) for _ in range(8)]
    pair.process.send_signal(signal.SIGHUP)
    async with asyncio.timeout(60):
        drawn = await asyncio.gather(*drawing)
    assert all(answered >= 2 for answered, _ in drawn)
    assert set().union(*(ends for _, ends in drawn)) == {"1012"}
    await until(pair, lambda _: not pair.worker_pids() & before)
    async with httpx.AsyncClient(base_url=pair.url, timeout=30) as http:
        models = (await http.get("/v1/models")).json()["models"]
    assert models[0]["summary"] == "A newer one"


async def test_weights_that_can_not_be_loaded_change_nothing(pair: RunningServer, weights: Path) -> None:
    before, counted = pair.worker_pids(), await numbers(pair)
    card = (weights / "classic.json").read_text()
    (weights / "classic.json").write_text("no card")
    try:
        pair.process.send_signal(signal.SIGHUP)
        started = counted[STARTED] + 1
        await until(pair, lambda found: found[STARTED] == started)
        await until(pair, lambda _: pair.worker_pids() == before)
    finally:
        (weights / "classic.json").write_text(card)
    async with sessions(pair, 8) as opened:
        assert await asyncio.gather(*map(draw, opened)) == [7] * 8


async def test_a_worker_that_dies_with_its_successor_is_replaced(pair: RunningServer) -> None:
    before, counted = pair.worker_pids(), await numbers(pair)
    pair.process.send_signal(signal.SIGHUP)
    async with asyncio.timeout(60):
        while not (successors := pair.worker_pids() - before):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        successor = psutil.Process(*successors)
        successor.suspend()
        for pid in before:
            psutil.Process(pid).kill()
        while pair.worker_pids() & before:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        successor.kill()
        await until(pair, lambda found: found[STARTED] == counted[STARTED] + 3)
        await until_both_serve(pair)
    assert len(pair.worker_pids() - before) == 2


async def test_one_process_may_accept_for_all_and_end_them_all() -> None:
    with running_server("--workers", "3", "--spread", "fewest", "--model", "classic") as three:
        async with sessions(three, 30) as opened:
            found = await numbers(three)
            assert [found[f"live_digits_worker_sessions,{i}"] for i in range(3)] == [10, 10, 10]
            three.process.send_signal(signal.SIGTERM)
            for one in opened:
                await one.wait_closed()
                assert one.close_code == 1012
        assert await asyncio.to_thread(three.process.wait, 30) == 0


async def test_nobody_is_sent_to_a_worker_that_hangs() -> None:
    with running_server("--workers", "2", "--spread", "fewest", "--model", "classic") as two:
        hanging = psutil.Process(min(two.worker_pids()))
        hanging.suspend()
        try:
            await asyncio.sleep(5)
            async with asyncio.timeout(20), sessions(two, 8) as opened:
                assert await asyncio.gather(*map(draw, opened)) == [7] * 8
        finally:
            hanging.resume()
        await until_both_serve(two)


def test_workers_that_can_not_start_say_why() -> None:
    found = run("serve", "--port", "0", "--workers", "2", "--weights", "nowhere")
    assert found.returncode == 1
    assert found.stderr.startswith("live-digits: Expected a folder with cards")


def test_two_servers_do_not_share_a_port_by_mistake(pair: RunningServer) -> None:
    found = run("serve", "--port", str(pair.port), "--workers", "2")
    assert found.returncode == 1
    assert "address already in use" in found.stderr


def test_orphans_end(weights: Path) -> None:
    with running_server("--workers", "2", "--weights", str(weights)) as server:
        workers = [psutil.Process(pid) for pid in server.worker_pids()]
        assert len(workers) == 2
        server.stop(signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, timeout=30)
        assert not alive
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((server.host, server.port))


def test_places_where_workers_die_early_wait_longer_and_longer() -> None:
    assert [delay_after(deaths) for deaths in range(4)] == [0, 0.5, 1, 2]
    assert delay_after(100) == 30
