"""Letting in: who gets a session, and what those are told who don't."""

import asyncio
import contextlib
import json
import urllib.error

import pytest
import websockets

from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS, binary_ink
from tests.talk import ask, fetch, receive, session, whole


@pytest.mark.parametrize("offered", [None, ["live-digits.v1"], ["later.v2", "live-digits.v1"]])
async def test_version_one_is_served_to_who_asks_for_it_or_for_nothing(
    server: RunningServer, offered: list[websockets.Subprotocol] | None
) -> None:
    async with websockets.connect(server.socket, subprotocols=offered) as socket:
        assert socket.subprotocol == (offered and "live-digits.v1")
        ready = await receive(socket)
        assert (ready["type"], ready["protocol"]) == ("ready", 1)
        assert ready["server"].startswith("live-digits/")
        assert [m["default"] for m in ready["models"]].count(True) == 1


async def test_other_versions_only_are_refused_before_the_upgrade(server: RunningServer) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(server.socket, subprotocols=[websockets.Subprotocol("live-digits.v2")])
    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body)["error"]["code"] == "bad_message"


@pytest.mark.parametrize("path", ["", "ws", "v1", "v1/live/", "v2/live"])
async def test_who_asks_for_a_websocket_elsewhere_is_told_where_it_is(
    server: RunningServer, path: str
) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(server.socket.removesuffix("v1/live") + path)
    assert refused.value.response.status_code == 404
    error = json.loads(refused.value.response.body)["error"]
    assert error == {"code": "not_found", "message": f"Expected a websocket at /v1/live, got /{path}"}


async def test_a_full_server_refuses_with_503_until_someone_leaves() -> None:
    with running_server("--max-sessions", "1") as small:
        async with session(small):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(small.socket)
            assert refused.value.response.status_code == 503
            assert refused.value.response.headers["Retry-After"] == "1"
        for _ in range(100):
            with contextlib.suppress(websockets.InvalidStatus):
                async with session(small):
                    return
        pytest.fail("The place of who has left was not given away")


async def test_pages_of_other_sites_are_refused_before_the_upgrade(server: RunningServer) -> None:
    own = websockets.Origin(server.url.rstrip("/"))
    async with websockets.connect(server.socket, origin=own) as socket:
        assert (await receive(socket))["type"] == "ready"
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(server.socket, origin=websockets.Origin("https://evil.example"))
    assert refused.value.response.status_code == 403


async def test_a_server_with_a_token_lets_in_who_brings_it() -> None:
    with running_server("--token", "s3cret") as guarded:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(guarded.socket)
        assert refused.value.response.status_code == 401
        bearer = {"Authorization": "Bearer s3cret"}
        async with websockets.connect(guarded.socket, additional_headers=bearer) as socket:
            assert (await receive(socket))["type"] == "ready"
        offered = [websockets.Subprotocol(name) for name in ("live-digits.v1", "live-digits.token.s3cret")]
        async with websockets.connect(guarded.socket, subprotocols=offered) as socket:
            assert socket.subprotocol == "live-digits.v1"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            await asyncio.to_thread(fetch, guarded.url + "v1/models")
        assert await asyncio.to_thread(fetch, guarded.url + "healthz")


@pytest.mark.parametrize("head", [b"", b"GET /v1/live HTT", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /"])
async def test_who_does_not_say_what_it_wants_is_hung_up_on(head: bytes) -> None:
    with running_server("--handshake-s", "0.2") as strict:
        reader, writer = await asyncio.open_connection(strict.host, strict.port)
        writer.write(head)
        await asyncio.wait_for(reader.read(), 30)
        writer.close()
        await writer.wait_closed()
        async with session(strict) as socket:
            assert (await ask(socket, binary_ink(whole(DRAWINGS["one"]), 0)))["digit"] == 1
