"""The Python client, with a real server: what it reads, and that it comes back."""

import asyncio
import shutil
import signal
import socket as sockets
from pathlib import Path

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from live.blocking import Blocking
from live.client import Client, Refused
from live.messages import Error, GoAway, Prediction, Ready, Timing, encode
from live.settings import WEIGHTS, Settings
from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS
from tests.live.pages import draw, encoded

DIGITS = list(enumerate(DRAWINGS.items()))
READY = Ready(1, "fake", "session", [], Settings().limits)


def url_of(fake: Server) -> str:
    [socket] = fake.sockets
    return f"http://127.0.0.1:{socket.getsockname()[1]}"


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


async def test_ink_and_pictures_are_read(server: RunningServer) -> None:
    async with Client(server.url) as client:
        assert client.ready.protocol == 1
        for digit, (name, strokes) in DIGITS:
            assert (await client.read(strokes)).digit == digit
            assert (await client.read(encoded(draw(name)))).digit == digit


async def test_predictions_come_while_it_is_drawn(server: RunningServer) -> None:
    async with Client(server.socket, model="classic", include=["input"]) as client:
        [stroke] = DRAWINGS["three"]
        for end in range(1, len(stroke) + 1):
            await client.send([stroke[:end]])
        async for prediction in client.predictions():
            assert prediction.input
            if prediction.seq == len(stroke) - 1:
                assert (prediction.digit, prediction.model) == (3, "classic")
                break


async def test_ink_is_explained(server: RunningServer) -> None:
    async with Client(server.url) as client:
        seven = await client.explain(DRAWINGS["seven"])
        assert seven
        assert seven.digit == 7
        assert seven.pieces
        assert sum(piece.weight for piece in seven.pieces) == pytest.approx(
            seven.score - seven.blank, abs=1e-4
        )
        assert await client.explain([]) is None
        assert (await client.read(DRAWINGS["two"])).digit == 2
        async for explanation in client.explanations():
            if explanation.digit == 2:
                break


async def test_what_the_server_refuses_is_raised(server: RunningServer) -> None:
    async with Client(server.url) as client:
        with pytest.raises(Refused, match="bad_picture"):
            await client.read(b"no picture")
        with pytest.raises(Refused, match="too_large"):
            await client.read([[(0, 0)]] * 300)
        assert (await client.read(DRAWINGS["one"])).digit == 1


async def test_what_is_larger_than_the_server_reads_is_not_even_sent(server: RunningServer) -> None:
    async with Client(server.url) as client:
        most = client.ready.limits.frame_bytes
        with pytest.raises(Refused, match=f"too_large: Expected a drawing of at most {most} bytes, got "):
            await client.read(bytes(most))
        with pytest.raises(Refused, match="bad_picture"):
            await client.read(bytes(most - 12))
        assert (await client.read(DRAWINGS["one"])).digit == 1


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


async def test_it_may_be_configured_later(server: RunningServer) -> None:
    async with Client(server.url) as client:
        await client.configure(include=["input"])
        assert (await client.read(DRAWINGS["one"])).input


async def test_what_it_may_not_be_configured_to_changes_nothing(server: RunningServer) -> None:
    with pytest.raises(Refused, match=r"unknown_model: Expected one of the models .*, got nope"):
        await Client(server.url, model="nope").__aenter__()
    async with Client(server.url, model="classic") as client:
        with pytest.raises(Refused, match=r"unknown_model: Expected one of the models .*, got nope"):
            await client.configure(model="nope", include=["input"])
        with pytest.raises(Refused, match=r"bad_message: Expected include of input, explanation, got"):
            await client.configure(include=["all"])  # type: ignore[list-item]
        read = await client.read(DRAWINGS["two"])
        assert (read.digit, read.model, bool(read.input)) == (2, "classic", False)
        explained = await client.explain(DRAWINGS["seven"])
        assert explained
        assert (explained.digit, explained.model) == (7, "classic")


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
            await client.send(DRAWINGS["two"])
        await client.configure(model="compact")
        found = await client.read(DRAWINGS["two"])
        assert (found.digit, found.model, bool(found.input)) == (2, "compact", True)
        await client.close()


async def test_an_error_about_no_snapshot_is_not_its_predictions() -> None:
    error = Error("unknown_model", "Expected the shap library", None, False)
    blank = Prediction(0, 1, "fake", "blank", None, None, None, 0, Timing(0, 0, 1))

    async def answer(connection: ServerConnection) -> None:
        await connection.send(encode(READY))
        async for frame in connection:
            if isinstance(frame, bytes):
                await connection.send(encode(error))
                await connection.send(encode(blank))

    async with serve(answer, "127.0.0.1", 0) as fake, Client(url_of(fake)) as client:
        assert (await client.read(b"a picture")).verdict == "blank"
        with pytest.raises(Refused, match="Expected the shap library"):
            await client.explain(b"a picture")


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


async def test_a_wrong_token_is_refused_at_once() -> None:
    with running_server("--token", "right") as server:
        for given, said in (("wrong", "another"), ("", "none")):
            expected = rf"Expected a token that the server knows, got {said} \(HTTP 401\)"
            with pytest.raises(Refused, match=expected):
                await Client(server.url, token=given).__aenter__()
        async with Client(server.url, token="right") as client:
            assert (await client.read(DRAWINGS["four"])).digit == 4


def test_the_blocking_client_does_the_same(server: RunningServer) -> None:
    with Blocking(server.url) as client:
        assert client.read(DRAWINGS["nine"]).digit == 9
        seq = client.send(encoded(draw("eight")))
        prediction = next(p for p in client.predictions() if p.seq == seq)
        assert prediction.digit == 8
        client.configure(include=["input"])
        assert client.read(DRAWINGS["six"]).input


def test_the_blocking_client_raises_what_went_wrong(server: RunningServer) -> None:
    with Blocking(server.url) as client, pytest.raises(Refused, match="bad_picture"):
        client.read(b"no picture")


def test_the_blocking_client_is_called_while_it_is_open(server: RunningServer) -> None:
    client = Blocking(server.url)
    with pytest.raises(RuntimeError, match="Expected a call inside `with "):
        client.read(DRAWINGS["one"])
    with client:
        assert client.read(DRAWINGS["one"]).digit == 1
    with pytest.raises(RuntimeError, match="Expected a call inside `with "):
        client.read(DRAWINGS["one"])
