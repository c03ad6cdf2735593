"""The websocket by its bytes: every case on a real socket, whole and cut at random places."""

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import MAX_FRAME, Case, cases
from tests.conftest import RunningServer, running_server
from tests.wire import NO_FRAME, Op, Wire, close, close_code, frame, handshake

_AT_ONCE = 24
_GOODBYE = b"goodbye"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server writes to standard error."""
    return tmp_path_factory.mktemp("conformance") / "log"


@pytest.fixture(scope="module")
def strict(log: Path) -> Iterator[RunningServer]:
    """A server with small frames."""
    with (
        log.open("wb") as errors,
        running_server("--max-frame-bytes", str(MAX_FRAME), errors=errors) as running,
    ):
        yield running


async def run_case(server: RunningServer, case: Case, pieces: int, rng: random.Random) -> list[str]:
    """Send a case; return what was wrong with the answers."""
    wire = await Wire.open(server.host, server.port)
    ready = json.loads((await wire.receive()).payload)
    assert ready["type"] == "ready"
    await wire.send(case.data, pieces, rng)
    if not case.closes:
        # A session that goes on says so, and that there was nothing else to say before.
        await wire.send(frame(Op.PING, _GOODBYE))
    texts: list[str] = []
    pongs: list[bytes] = []
    code = 0
    while not code and not (len(texts) >= len(case.texts) and _GOODBYE in pongs):
        found = await wire.receive()
        if found.op == Op.TEXT:
            texts.append(_summary(found.payload))
        elif found.op == Op.PONG:
            pongs.append(found.payload)
        else:
            code = close_code(found)
    wrong = []
    if case.closes:
        # What came before may be dropped along with the rest; who sends on meets a closed door.
        codes = case.closes if pieces == 1 else (*case.closes, NO_FRAME)
        if not _begins(sorted(case.texts), sorted(texts)) or code not in codes:
            wrong.append(f"{case.name}: expected {case.texts} and {case.closes}, got {texts} and {code}")
        await wire.send(close(1000))
        if close_code(await wire.receive()) != NO_FRAME:
            wrong.append(f"{case.name}: expected the end, got more")
    elif sorted(texts) != sorted(case.texts) or pongs != [*case.pongs, _GOODBYE] or code:
        wrong.append(f"{case.name}: expected {case.texts} {case.pongs}, got {texts} {pongs} and {code}")
    await wire.hang_up()
    return wrong


def _summary(payload: bytes) -> str:
    message = json.loads(payload)
    if message["type"] == "prediction":
        return f"prediction {message['seq']}"
    return str(message.get("code", message["type"]))


def _begins(expected: list[str], found: list[str]) -> bool:
    return expected[: len(found)] == found


@pytest.mark.parametrize("is_cut", [False, True], ids=["whole", "cut"])
async def test_every_case_is_answered_as_the_standard_says(strict: RunningServer, is_cut: bool) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def judge(number: int, case: Case) -> list[str]:
        rng = random.Random(number)
        pieces = min(len(case.data), rng.choice((2, 3, 8, 40, 400))) if is_cut else 1
        async with slots, asyncio.timeout(30):
            return await run_case(strict, case, pieces, rng)

    found = await asyncio.gather(*(judge(number, case) for number, case in enumerate(cases())))
    assert [wrong for case in found for wrong in case] == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        handshake(Sec_WebSocket_Key=None),
        handshake(Sec_WebSocket_Key="c2hvcnQ="),
        handshake(Sec_WebSocket_Key="not base64 at all, no"),
        handshake("/v1/live", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
        handshake(Sec_WebSocket_Version="8"),
        handshake(Sec_WebSocket_Version=None),
        handshake(Upgrade="h2c"),
        handshake(Upgrade=None),
        handshake(Connection="close"),
        handshake("/v1/nowhere"),
        handshake("/v1/live%00"),
        handshake("/%2e%2e/%2e%2e/etc/passwd"),
        handshake("/v1/live\xe9"),
        handshake(Sec_WebSocket_Protocol="other"),
        handshake().replace(b"GET", b"POST"),
        handshake(Cookie="x" * 20_000),
        handshake(Cookie="x" * 1_000_000),
        handshake("/v1/live?" + "x" * 20_000),
        handshake("/v1/live", *(f"X-{n}: y" for n in range(200))),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"GET\r\n\r\n",
    ],
    ids=lambda data: repr(data[:60]) if isinstance(data, bytes) else None,
)
async def test_a_handshake_that_is_none_is_refused(strict: RunningServer, request_bytes: bytes) -> None:
    reader, writer = await asyncio.open_connection(strict.host, strict.port)
    writer.write(request_bytes)
    status = (await asyncio.wait_for(reader.readline(), 30)).split()
    assert not status or 400 <= int(status[1]) < 500
    writer.close()


def test_what_clients_do_wrong_leaves_nothing_in_the_log(strict: RunningServer, log: Path) -> None:
    # LiteRT itself says hello there.
    assert [line for line in log.read_text().splitlines() if not line.startswith("INFO: ")] == []
