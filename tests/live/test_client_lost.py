"""The Python client and servers that go, hang, send it away or were never there."""

import asyncio
import shutil
import signal
import socket as sockets
from itertools import count
from pathlib import Path

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from live.client import Client, Refused
from live.messages import GoAway, encode
from live.settings import WEIGHTS
from tests.conftest import running_server
from tests.live.drawings import DRAWINGS
from tests.live.fake_server import READY, url_of


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> "asyncio.Queue[float]":
    """Collect the longest that each pause may be, and make none."""
    found: asyncio.Queue[float] = asyncio.Queue()
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        task = asyncio.current_task()
        if task and task.get_coro().__name__ == "keepalive":  # type: ignore[union-attr]
            # The library's own, between two pings.
            await sleep(seconds)
        found.put_nowait(seconds)
        await sleep(0)

    monkeypatch.setattr("live.link.asyncio.sleep", note)
    monkeypatch.setattr("live.link.random.uniform", lambda _, most: most)
    return found


async def test_what_a_server_leaves_because_of_is_not_sent_again() -> None:
    came: asyncio.Queue[int] = asyncio.Queue()

    async def answer(connection: ServerConnection) -> None:
        await connection.send(encode(READY))
        async for frame in connection:
            came.put_nowait(len(frame))

    # What is before a server may read less than the server says.
    async with serve(answer, "127.0.0.1", 0, max_size=1_000) as narrow, Client(url_of(narrow)) as client:
        with pytest.raises(Refused, match="too_large: Expected a smaller drawing, got 2012 bytes"):
            await client.read(bytes(2_000))
        await client.send(bytes(500))
        assert await came.get() == 512


async def test_a_server_that_comes_back_without_the_model_is_asked_for_nothing(tmp_path: Path) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running_server(port=port) as first:
        client = Client(first.url, model="classic", include=["input"])
        await client.__aenter__()
        await asyncio.to_thread(first.stop, signal.SIGKILL)
        waiting = asyncio.create_task(client.read(DRAWINGS["two"]))
    for file in WEIGHTS.glob("compact.*"):
        shutil.copy(file, tmp_path)
    with running_server("--weights", str(tmp_path), port=port):
        told = "unknown_model: Expected one of the models compact, got classic"
        for asking in (waiting, client.read(DRAWINGS["two"]), client.explain(DRAWINGS["two"])):
            with pytest.raises(Refused, match=told):
                await asking
        with pytest.raises(Refused, match=told):
            await client.send(DRAWINGS["two"], is_new=True)
        await client.configure(model="compact")
        found = await client.read(DRAWINGS["two"])
        assert (found.digit, found.model, bool(found.input)) == (2, "compact", True)
        # Each that was sent or refused was a drawing begun afresh.
        assert found.rev == 4
        await client.close()


async def test_it_comes_back_with_its_last_snapshot() -> None:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running_server(port=port) as first:
        client = Client(first.url)
        await client.__aenter__()
        assert (await client.read(DRAWINGS["two"])).digit == 2
        await asyncio.to_thread(first.stop, signal.SIGKILL)
    seq = await client.send(DRAWINGS["seven"])
    with running_server(port=port):
        async for prediction in client.predictions():
            if prediction.seq == seq:
                assert prediction.digit == 7
                break
        await client.close()


async def test_a_server_is_left_alone_for_as_long_as_it_asks(pauses: "asyncio.Queue[float]") -> None:
    async def restart(connection: ServerConnection) -> None:
        await connection.send(encode(READY))
        await connection.send(encode(GoAway("restart", 60_000)))
        await connection.close(1012)

    async with serve(restart, "127.0.0.1", 0) as fake, Client(url_of(fake)):
        assert await pauses.get() >= 60


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_with_something_before_it_is_come_back_to(
    pauses: "asyncio.Queue[float]", status: int
) -> None:
    tries = count()

    def answer(connection: ServerConnection, _: Request) -> Response | None:
        return connection.respond(status, "") if next(tries) in (1, 2) else None

    async def greet(connection: ServerConnection) -> None:
        await connection.send(encode(READY))

    async with serve(greet, "127.0.0.1", 0, process_request=answer) as fake, Client(url_of(fake)) as client:
        for _ in range(4):
            await pauses.get()
        assert client.failure is None


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1013])
async def test_a_server_that_sends_everybody_away_is_left_alone_ever_longer(
    pauses: "asyncio.Queue[float]", code: int
) -> None:
    async def send_away(connection: ServerConnection) -> None:
        await connection.send(encode(READY))
        await connection.close(code)

    async with serve(send_away, "127.0.0.1", 0) as fake, Client(url_of(fake)):
        found = [await pauses.get() for _ in range(12)]
        assert found == sorted(found)
        assert found[0] < 1 < found[-1]


async def test_what_is_no_message_at_all_is_no_server(pauses: "asyncio.Queue[float]") -> None:
    async def greet(connection: ServerConnection) -> None:
        await connection.send("hello")
        await connection.wait_closed()

    async with serve(greet, "127.0.0.1", 0) as other:
        with pytest.raises(TimeoutError, match="Expected messages in JSON, got something else"):
            await Client(url_of(other), timeout_s=600, reach_s=0.5).__aenter__()
    assert pauses.qsize()


async def test_who_waits_when_it_is_closed_is_told() -> None:
    with running_server() as server:
        async with Client(server.url) as client:
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            waiting = asyncio.create_task(client.read(DRAWINGS["two"]))
            await asyncio.sleep(0)
        with pytest.raises(ConnectionError):
            await waiting


async def test_a_server_that_hangs_lets_go() -> None:
    with running_server() as server:
        client = Client(server.url)
        await client.__aenter__()
        server.process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(8):
            await client.close()


async def test_a_server_that_reads_no_more_is_waited_for_no_longer_than_any() -> None:
    with running_server() as server:
        client = Client(server.url, timeout_s=0.2)
        await client.__aenter__()
        server.process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(15):
            for _ in range(12):
                with pytest.raises(TimeoutError):
                    await client.read(bytes(1_000_000))
            await client.close()


async def test_a_server_that_is_not_there_is_not_waited_for() -> None:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TimeoutError, match=r"none answered within 0\.3 s: Connection refused"):
        await Client(f"http://localhost:{port}", timeout_s=600, reach_s=0.3).__aenter__()


async def test_a_server_that_is_only_slow_is_waited_for() -> None:
    def be_loading(connection: ServerConnection, _: Request) -> Response:
        return connection.respond(503, "loading")

    async with serve(lambda _: asyncio.sleep(0), "127.0.0.1", 0, process_request=be_loading) as slow:
        with pytest.raises(TimeoutError, match=r"none answered within 0\.4 s: .*HTTP 503"):
            await Client(url_of(slow), timeout_s=0.4, reach_s=0.2).__aenter__()


async def test_a_connection_that_cannot_go_on_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # As websockets does for want of a package, where the environment names a SOCKS proxy.
    def refuse(*_: object, **__: object) -> None:
        raise ImportError("Expected python-socks")

    monkeypatch.setattr("websockets.connect", refuse)
    client = Client("http://127.0.0.1:8000")
    with pytest.raises(ImportError, match="python-socks"):
        await client.__aenter__()
    assert isinstance(client.failure, ImportError)


async def test_a_server_that_comes_back_is_told_the_configuration_before_the_drawing() -> None:
    came: list[str] = []
    is_back = asyncio.Event()

    async def answer(connection: ServerConnection) -> None:
        await connection.send(encode(READY))
        # A later server's, which says more than we know.
        await connection.send('{"type":"weather"}')
        async for frame in connection:
            came.append(msgspec.json.decode(frame)["type"])
            if came == ["configure", "ink"]:
                await connection.close()
            if len(came) == 4:
                is_back.set()

    async with serve(answer, "127.0.0.1", 0) as fake, Client(url_of(fake), include=["input"]) as client:
        await client.send(DRAWINGS["two"])
        async with asyncio.timeout(20):
            await is_back.wait()
    assert came == ["configure", "ink"] * 2
