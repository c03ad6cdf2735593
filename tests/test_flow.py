"""The whole flow over real sockets: a real server, the real weights, clients that only know the protocol."""

import asyncio
import base64
import contextlib
import json
import signal
import struct
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import websockets

from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS, Strokes, binary_ink
from tests.talk import ask, check_books, fetch, prefixes, receive, session, whole

DIGITS = list(enumerate(DRAWINGS.values()))


@pytest.mark.parametrize(("digit", "strokes"), DIGITS)
async def test_a_growing_digit_is_read_while_it_is_drawn(
    server: RunningServer, digit: int, strokes: Strokes
) -> None:
    async with session(server) as socket:
        grown = prefixes(strokes)
        answers: list[dict[str, Any]] = []
        for seq, prefix in enumerate(grown):
            await socket.send(binary_ink(prefix, seq))
            if seq in (len(grown) // 3, 2 * len(grown) // 3):
                while not answers or answers[-1]["seq"] < seq:
                    answers.append(await receive(socket))
        early = len(answers)
        while answers[-1]["seq"] < len(grown) - 1:
            answers.append(await receive(socket))
        assert early >= 2
        assert answers[-1]["digit"] == digit
        assert answers[-1]["verdict"] == "digit"
        check_books(len(grown), answers)


async def test_a_flood_is_answered_with_its_newest_snapshot(server: RunningServer) -> None:
    async with session(server) as socket:
        frames = [binary_ink(whole(DRAWINGS["three"]), seq) for seq in range(2000)]
        answers: list[dict[str, Any]] = []
        await socket.send(frames[0])
        for frame in frames[1:]:
            await socket.send(frame)
        while not answers or answers[-1]["seq"] < 1999:
            answers.append(await receive(socket))
        check_books(2000, answers)


async def test_faults_are_told_and_the_session_goes_on(server: RunningServer) -> None:
    async with session(server) as socket:
        seven = whole(DRAWINGS["seven"])
        frames: list[str | bytes] = [
            binary_ink(seven, 5),
            binary_ink(seven, 5),
            struct.pack("<BBHII", 1, 0, 3, 6, 0),
            '{"type":"ink","seq":7,"strokes":[[[0]]]}',
            "no json",
            b"\x00",
            '{"type":"configure","model":"nobody"}',
            binary_ink(seven, 8),
        ]
        messages = [await ask(socket, sent) for sent in frames]
        assert [m.get("code") for m in messages] == [
            None,
            "stale_seq",
            "bad_message",
            "bad_message",
            "bad_message",
            "bad_message",
            "unknown_model",
            None,
        ]
        assert messages[-1]["digit"] == 7
        check_books(5, messages)


async def test_a_session_sees_what_the_model_saw_if_it_asks(server: RunningServer) -> None:
    async with session(server) as asking, session(server) as other:
        configured = await ask(asking, '{"type":"configure","include":["input"]}')
        assert configured["include"] == ["input"]
        answer = await ask(asking, binary_ink(whole(DRAWINGS["zero"]), 0))
        pixels = np.frombuffer(base64.b64decode(answer["input"]), np.uint8).reshape(28, 28)
        assert pixels.max() == 255
        assert pixels[0].max() == 0
        assert "input" not in await ask(other, binary_ink(whole(DRAWINGS["zero"]), 0))


async def test_a_blank_drawing_is_an_answer(server: RunningServer) -> None:
    async with session(server) as socket:
        frames: list[str | bytes] = [binary_ink([], 0), '{"type":"ink","seq":1,"strokes":[[]]}']
        for seq, frame in enumerate(frames):
            answer = await ask(socket, frame)
            assert (answer["verdict"], answer["seq"]) == ("blank", seq)
            assert answer["digit"] is answer["confidence"] is answer["probabilities"] is None


async def test_sharing_a_batch_changes_nobodys_answer(server: RunningServer) -> None:
    async def draw(digit: int, strokes: Strokes, with_faults: bool) -> list[float]:
        async with session(server) as socket:
            for seq in range(20):
                if with_faults:
                    await ask(socket, "{}")
                answer = await ask(socket, binary_ink(whole(strokes), seq))
            assert answer["digit"] == digit
            probabilities: list[float] = answer["probabilities"]
            return probabilities

    alone = [await draw(digit, strokes, False) for digit, strokes in DIGITS]
    together = await asyncio.gather(*(draw(d, s, d % 2 == 0) for d, s in DIGITS * 6))
    for found, (digit, _) in zip(together, DIGITS * 6, strict=True):
        np.testing.assert_allclose(found, alone[digit], atol=1e-5)
        assert abs(sum(found) - 1) < 1e-6


async def test_a_client_that_does_not_read_loses_nothing_and_disturbs_nobody(server: RunningServer) -> None:
    async with session(server) as stuck, session(server) as other:
        await ask(stuck, '{"type":"configure","include":["input"]}')
        stuck.transport.pause_reading()
        frame = bytearray(binary_ink(whole(DRAWINGS["eight"]), 0))
        sent = 3000
        for seq in range(sent):
            frame[4:8] = struct.pack("<I", seq)
            await stuck.send(bytes(frame))
            if seq % 500 == 0:
                assert (await ask(other, binary_ink(whole(DRAWINGS["two"]), seq)))["digit"] == 2
        stuck.transport.resume_reading()
        answers: list[dict[str, Any]] = []
        while not answers or answers[-1]["seq"] < sent - 1:
            answers.append(await receive(stuck))
        check_books(sent, answers)


async def test_a_client_that_vanishes_is_forgotten(server: RunningServer) -> None:
    async with session(server) as staying:
        for seq in range(5):
            async with session(server) as leaving:
                await leaving.send(binary_ink(whole(DRAWINGS["nine"]), 0))
                leaving.transport.abort()
            assert (await ask(staying, binary_ink(whole(DRAWINGS["four"]), seq)))["digit"] == 4


async def test_a_frame_too_big_closes_its_session_with_1009(server: RunningServer) -> None:
    async with session(server) as socket:
        # The server may close before all of it is sent.
        with pytest.raises(websockets.ConnectionClosed):
            await ask(socket, b"\1" * 1_100_000)
        assert socket.close_code == 1009


async def test_unreadable_frames_again_and_again_close_their_session(server: RunningServer) -> None:
    async with session(server) as socket:
        for _ in range(9):
            await socket.send(b"?")
        assert {(await receive(socket))["code"] for _ in range(9)} == {"bad_message"}
        with pytest.raises(websockets.ConnectionClosed):
            await receive(socket)
        assert socket.close_code == 1003


async def test_a_drain_answers_the_last_snapshot_and_closes_with_1012() -> None:
    with running_server() as stopping:
        async with session(stopping) as socket:
            sent = 300
            for seq in range(sent):
                await socket.send(binary_ink(whole(DRAWINGS["five"]), seq))
            first = await receive(socket)
            stopping.process.send_signal(signal.SIGTERM)
            messages = [first]
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    messages.append(await receive(socket))
            assert socket.close_code == 1012
            goaway = next(m for m in messages if m["type"] == "goaway")
            assert goaway == {"type": "goaway", "reason": "restart", "after_ms": 1000}
            check_books(sent, messages)
            assert [m for m in messages if m["type"] == "prediction"][-1]["seq"] == sent - 1
        assert await asyncio.to_thread(stopping.process.wait, 30) == 0


def test_a_foreign_client_that_knows_only_the_protocol(
    server: RunningServer, node: str, tmp_path: Path
) -> None:
    file = tmp_path / "drawings.json"
    file.write_text(json.dumps([whole(strokes) for strokes in DRAWINGS.values()]))
    script = Path(__file__).parent / "clients" / "foreign.mjs"
    output = subprocess.run(
        [node, script, server.socket, file], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    messages = [json.loads(line) for line in output.splitlines()]
    assert messages[0]["type"] == "ready"
    last = {m["rev"]: m["digit"] for m in messages if m["type"] == "prediction"}
    assert last == {digit: digit for digit in range(10)}
    check_books(30, messages)


@pytest.mark.parametrize(
    ("path", "expected"), [("healthz", {"status": "alive"}), ("readyz", {"status": "ready"})]
)
def test_the_server_says_that_it_is_well(server: RunningServer, path: str, expected: dict[str, str]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            assert json.loads(fetch(server.url + path)) == expected
            return
        except urllib.error.HTTPError as refusal:
            # It listens before its models are loaded.
            assert json.load(refusal) == {"status": "loading"}
            assert time.monotonic() < until
            time.sleep(0.05)


def test_models_are_listed_with_their_cards(server: RunningServer) -> None:
    models = json.loads(fetch(server.url + "v1/models"))["models"]
    assert [model["default"] for model in models].count(True) == 1
    for model in models:
        assert model["metrics"]["mnist_test"]["n"] == 10_000


async def test_metrics_add_up_what_sessions_did() -> None:
    with running_server() as watched:
        async with session(watched) as socket:
            await ask(socket, binary_ink(whole(DRAWINGS["six"]), 0))
            await ask(socket, binary_ink(whole(DRAWINGS["six"]), 0))
        text = await asyncio.to_thread(fetch, watched.url + "metrics")
        assert "live_digits_snapshots_total 2.0" in text
        assert 'live_digits_predictions_total{verdict="digit"} 1.0' in text
        assert 'live_digits_errors_total{code="stale_seq"} 1.0' in text
        assert "live_digits_answer_seconds_count 1.0" in text


async def test_a_session_that_says_nothing_is_closed_with_1001() -> None:
    with running_server("--idle-s", "0.1") as impatient:
        async with websockets.connect(impatient.socket) as socket:
            await receive(socket)
            with pytest.raises(websockets.ConnectionClosed):
                await receive(socket)
            assert socket.close_code == 1001


async def test_an_old_session_is_asked_to_come_back() -> None:
    with running_server("--session-s", "0.1") as brief:
        async with websockets.connect(brief.socket) as socket:
            await receive(socket)
            assert await receive(socket) == {"type": "goaway", "reason": "age", "after_ms": 0}
            # As if it had been on its way when the server said so.
            await socket.send(binary_ink(whole(DRAWINGS["five"]), 0))
            assert (await receive(socket))["seq"] == 0
            with pytest.raises(websockets.ConnectionClosed):
                await receive(socket)
            assert socket.close_code == 1012
