"""What nobody expected: it costs who met it their session or request, and they are told."""

import asyncio
from http import HTTPStatus

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from live.census import OwnCensus
from live.endpoint import LiveEndpoint
from live.inquiry import Inquiry
from live.messages import HEADER, KIND_PICTURE
from live.pictures.decoder import Decoder
from live.service import Service
from live.session import Session
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.inside import CLASSIC, serving

SEVEN = binary_ink(DRAWINGS["seven"], 1)
PICTURE = HEADER.pack(KIND_PICTURE, 0, 28, 1, 0) + bytes(28 * 28)


@pytest.mark.parametrize(
    ("part", "step", "sent"),
    [(Session, "receive", SEVEN), (Decoder, "decode", PICTURE)],
    ids=["where frames are taken in", "in a task of its own"],
)
async def test_a_session_that_fails_is_closed_with_1011_and_no_other(
    part: type, step: str, sent: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as (host, port), connect(f"ws://{host}:{port}/v1/live") as other:
        await other.recv()
        with monkeypatch.context() as patch:
            patch.setattr(part, step, lambda *_: 1 / 0)
            async with connect(f"ws://{host}:{port}/v1/live") as failing:
                await failing.recv()
                await failing.send(sent)
                with pytest.raises(ConnectionClosed) as closed:
                    await failing.recv()
        assert closed.value.rcvd
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, "internal")
        assert "A session failed" in caplog.text
        await other.send(SEVEN)
        assert '"digit":7' in str(await other.recv())


async def test_who_left_before_being_let_in_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    census = OwnCensus()
    service = Service(CLASSIC, census)
    running = asyncio.create_task(service.run())
    scope = {"type": "websocket", "headers": [], "subprotocols": []}

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(_: object) -> None:
        raise ConnectionResetError

    await LiveEndpoint(service)(scope, receive, send)
    assert not caplog.records
    assert census.total == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_request_that_fails_is_told_so_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inquiry, "ask", lambda *_: 1 / 0)
    async with serving() as (host, port), httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(f"http://{host}:{port}/v1/predict", json={"strokes": [[[1, 2]]]})
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert answer.json()["error"]["code"] == "internal"
