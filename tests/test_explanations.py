"""Explanations over real sockets and HTTP: they add up, and come after their predictions or not at all."""

import asyncio
import base64
import json
from importlib.util import find_spec
from typing import Any

import httpx
import numpy as np
import pytest

from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.pages import draw, encoded
from tests.talk import ask, check_books, prefixes, receive, session, whole
from tests.test_http import strokes

WANTED = json.dumps({"type": "configure", "include": ["explanation"]})


def check_sums(explanation: dict[str, Any], digit: int) -> None:
    assert (explanation["digit"], explanation["method"]) == (digit, "shapley")
    weights = [piece["weights"] for piece in explanation["pieces"]]
    for other in range(10):
        gain = explanation["scores"][other] - explanation["blanks"][other]
        assert sum(row[other] for row in weights) == pytest.approx(gain, abs=1e-4)
    own = sum(piece["weight"] for piece in explanation["pieces"])
    assert own == pytest.approx(explanation["score"] - explanation["blank"], abs=1e-4)


@pytest.mark.parametrize("model", ["compact", "classic"])
async def test_every_digit_is_explained_after_its_prediction(server: RunningServer, model: str) -> None:
    async with session(server) as socket:
        await ask(socket, json.dumps({"type": "configure", "model": model, "include": ["explanation"]}))
        for digit, drawing in enumerate(DRAWINGS.values()):
            prediction = await ask(socket, binary_ink(whole(drawing), digit))
            explanation = await receive(socket)
            assert (prediction["type"], explanation["type"]) == ("prediction", "explanation")
            assert explanation["seq"] == prediction["seq"]
            assert explanation["model"] == model
            assert explanation["score"] <= prediction["probabilities"][digit] + 1e-4
            check_sums(explanation, digit)


@pytest.mark.parametrize("is_binary", [False, True])
async def test_pieces_name_the_strokes_that_were_sent(server: RunningServer, is_binary: bool) -> None:
    drawing: list[list[tuple[int, int]]] = [[], [(0, 0), (40, 0)], [], [(30, 30), (15, 60)], []]
    many = [stroke for x in range(20) for stroke in ([(5 * x, 0), (5 * x, 60)], [])]
    async with session(server) as socket:
        await ask(socket, WANTED)
        for seq, sent in enumerate((drawing, many)):
            text = json.dumps({"type": "ink", "seq": seq, "strokes": sent})
            await ask(socket, binary_ink(sent, seq) if is_binary else text)
            pieces = (await receive(socket))["pieces"]
            named = [n for p in pieces for n in range(p["stroke"], p["stroke"] + p.get("strokes", 1))]
            inked = [number for number, stroke in enumerate(sent) if stroke]
            assert set(inked) <= set(named)
            assert {piece["stroke"] for piece in pieces} <= set(inked)


async def test_a_growing_drawing_is_explained_as_far_as_there_is_time(server: RunningServer) -> None:
    grown = prefixes(DRAWINGS["three"])
    async with session(server) as socket:
        await ask(socket, WANTED)
        messages: list[dict[str, Any]] = []
        for seq, prefix in enumerate(grown):
            await socket.send(binary_ink(prefix, seq))
        while not messages or (messages[-1]["type"], messages[-1]["seq"]) != ("explanation", len(grown) - 1):
            messages.append(await receive(socket))
    check_books(len(grown), messages)
    told: list[int] = []
    for message in messages:
        if message["type"] == "prediction":
            told.append(message["seq"])
        else:
            assert message["seq"] in told
            check_sums(message, message["digit"])
    explained = [message["seq"] for message in messages if message["type"] == "explanation"]
    assert explained == sorted(set(explained))


async def test_explaining_is_no_batch_of_snapshots() -> None:
    with running_server() as watched:
        async with session(watched) as socket:
            await ask(socket, WANTED)
            await ask(socket, binary_ink(whole(DRAWINGS["six"]), 0))
            await receive(socket)
        async with httpx.AsyncClient(base_url=watched.url) as http:
            text = (await http.get("/metrics")).text
    assert "live_digits_batch_size_sum 1.0\n" in text
    assert "live_digits_batch_size_count 1.0\n" in text
    assert "live_digits_predict_seconds_count 1.0\n" in text


async def test_ink_is_explained_over_http_too(server: RunningServer) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        post = http.post("/v1/predict", params={"include": "explanation"}, json={"strokes": strokes("five")})
        blank = http.post("/v1/predict", params={"include": "explanation"}, json={"strokes": []})
        found, nothing = await asyncio.gather(post, blank)
    check_sums(found.json()["explanation"], 5)
    assert "explanation" not in nothing.json()


@pytest.mark.skipif(not find_spec("shap"), reason="needs the extra [explain]")
async def test_pictures_are_explained_by_their_patches(server: RunningServer) -> None:
    page = encoded(draw("seven"))
    async with httpx.AsyncClient(base_url=server.url, timeout=150) as http:
        found = (await http.post("/v1/predict?include=input,explanation", content=page)).json()
    explanation = found["explanation"]
    assert (explanation["digit"], explanation["method"]) == (7, "shap")
    weights = np.array(explanation["patches"])
    gains = np.array(explanation["scores"]) - explanation["blanks"]
    np.testing.assert_allclose(weights.sum(axis=0), gains, atol=1e-4)
    image = np.frombuffer(base64.b64decode(found["input"]), np.uint8).reshape(7, 4, 7, 4)
    assert not weights[image.max(axis=(1, 3)).ravel() == 0].any()
    pixels = np.frombuffer(base64.b64decode(explanation["pixels"]), np.int8)
    shown = pixels.sum() * explanation["scale"] / 127
    assert shown == pytest.approx(explanation["score"] - explanation["blank"], abs=0.02)
