"""The Python client, with a real server: what it reads, and what it is refused."""

import pytest
from websockets.asyncio.server import ServerConnection, serve

from live.blocking import Blocking
from live.client import Client, Refused
from live.messages import Error, Prediction, Timing, encode
from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS
from tests.live.fake_server import READY, url_of
from tests.live.pages import draw, encoded

DIGITS = list(enumerate(DRAWINGS.items()))


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


async def test_to_ask_for_an_explanation_keeps_what_else_is_included(server: RunningServer) -> None:
    async with Client(server.url, include=["input"]) as client:
        assert await client.explain(DRAWINGS["seven"])
        assert (await client.read(DRAWINGS["one"])).input
