"""Predictions over HTTP: single ones, uploads of many, and everything that can be wrong with them."""

import base64
import gzip
import io
import json
import resource
import socket
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import RunningServer, running_server
from tests.live.drawings import DRAWINGS
from tests.live.pages import archive, draw, encoded
from tests.talk import ask, session

DIGITS = list(enumerate(DRAWINGS))
FORMS = ["PNG", "JPEG", "WEBP", "GIF", "BMP"]


@pytest.fixture(scope="module")
def http(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def strokes(name: str) -> list[list[list[float]]]:
    return [[list(point) for point in points] for points in DRAWINGS[name]]


def fault(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


@pytest.mark.parametrize(("digit", "name"), DIGITS)
def test_a_picture_is_read_however_it_is_sent(http: httpx.Client, digit: int, name: str) -> None:
    file = encoded(draw(name), FORMS[digit % 5])
    raw = http.post("/v1/predict", content=file).json()
    form = http.post("/v1/predict", files={"picture": ("a.png", file)}).json()
    assert raw["type"] == "prediction"
    assert raw["verdict"] == "digit"
    assert raw["digit"] == form["digit"] == digit
    assert raw["probabilities"] == form["probabilities"]


async def test_ink_is_read_as_over_the_websocket(server: RunningServer) -> None:
    body = {"strokes": strokes("five")}
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        found = (await http.post("/v1/predict", json=body)).json()
    assert (found["digit"], found["seq"], found["rev"], found["dropped"]) == (5, 0, 0, 0)
    async with session(server) as socket:
        live = await ask(socket, json.dumps({"type": "ink", "seq": 0, **body}))
    assert set(live) == set(found)
    assert live["probabilities"] == pytest.approx(found["probabilities"], abs=1e-5)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain;charset=UTF-8", None])
def test_ink_needs_no_content_type(http: httpx.Client, kind: str | None) -> None:
    body = " " + json.dumps({"strokes": strokes("five")})
    headers = {"Content-Type": kind} if kind else {}
    assert http.post("/v1/predict", content=body, headers=headers).json()["digit"] == 5


def test_what_the_model_saw_and_which_model_can_be_asked_for(http: httpx.Client) -> None:
    asked = {"model": "classic", "include": "input"}
    found = http.post("/v1/predict", params=asked, content=encoded(draw("zero"))).json()
    assert found["model"] == "classic"
    assert len(base64.b64decode(found["input"])) == 784


def test_a_blank_page_is_an_answer(http: httpx.Client) -> None:
    page = encoded(draw("zero", pen=(255, 255, 255)))
    found = http.post("/v1/predict", content=page).json()
    assert (found["verdict"], found["digit"]) == ("blank", None)
    assert http.post("/v1/predict", json={"strokes": []}).json()["verdict"] == "blank"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"content": b"no picture"}, (422, "bad_picture")),
        ({"content": b""}, (422, "bad_picture")),
        ({"content": encoded(draw(side=5000, mode="1", paper=1, pen=0))}, (413, "too_large")),
        ({"content": bytes(17_000_000)}, (413, "too_large")),
        ({"json": {"strokes": [[[1]]]}}, (400, "bad_message")),
        ({"json": {"strokes": 5}}, (400, "bad_message")),
        ({"json": {"strokes": [[[1, 2]]] * 257}}, (413, "too_large")),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, (400, "bad_message")),
        ({"content": b"{"}, (400, "bad_message")),
        ({"content": b'{"strokes":[' + b" " * 1_048_576}, (413, "too_large")),
        ({"files": {"other": b"x"}}, (400, "bad_message")),
        (
            {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
            (400, "bad_message"),
        ),
        (
            {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
            (400, "bad_message"),
        ),
        ({"content": b"<p>", "headers": {"Content-Type": "text/html"}}, (415, "unsupported_media_type")),
        ({"params": {"model": "nobody"}, "content": b"x"}, (404, "unknown_model")),
        ({"params": {"include": "secrets"}, "content": b"x"}, (400, "bad_message")),
    ],
)
def test_what_is_wrong_is_said(
    http: httpx.Client, request_: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert fault(http.post("/v1/predict", **request_)) == expected


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/batch"])
def test_a_compressed_body_is_refused_as_such(http: httpx.Client, path: str) -> None:
    body = gzip.compress(encoded(draw("two")))
    response = http.post(path, content=body, headers={"Content-Encoding": "gzip"})
    assert fault(response) == (415, "unsupported_media_type")
    assert "Content-Encoding" in response.json()["error"]["message"]
    assert response.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/nothing", (404, "Expected a path of this server's, see /docs, got /v1/nothing")),
        ("GET", "/nothing.js", (404, "Expected a path of this server's, see /docs, got /nothing.js")),
        ("POST", "/predict", (404, "Expected a path of this server's, see /docs, got /predict")),
        ("GET", "/v1/predict", (405, "Expected POST, got GET")),
        ("POST", "/main.js", (405, "Expected GET, HEAD, got POST")),
        ("POST", "/healthz", (405, "Expected GET, HEAD, got POST")),
    ],
)
def test_who_asks_at_the_wrong_place_is_told(
    http: httpx.Client, method: str, path: str, expected: tuple[int, str]
) -> None:
    response = http.request(method, path)
    assert (response.status_code, response.json()["error"]["message"]) == expected


def test_every_picture_of_an_upload_has_its_line(http: httpx.Client) -> None:
    files = [("picture", (f"{digit}.png", encoded(draw(name)))) for digit, name in DIGITS]
    *found, last = lines(http.post("/v1/batch", files=files))
    assert {line["name"]: line["digit"] for line in found} == {f"{d}.png": d for d in range(10)}
    summary = last["summary"]
    assert summary.pop("seconds") > 0
    assert summary == {"pictures": 10, "predictions": 10, "errors": 0}


def test_archives_and_pictures_may_be_mixed_and_a_bad_one_costs_its_own_line(http: httpx.Client) -> None:
    zipped = archive([(f"folder/{digit}.png", encoded(draw(name))) for digit, name in DIGITS])
    files = [
        ("picture", ("all.zip", zipped)),
        ("picture", ("bad.png", b"no picture")),
        ("picture", ("seven.jpg", encoded(draw("seven"), "JPEG"))),
        ("picture", ("broken.zip", zipped[:-30])),
    ]
    *found, last = lines(http.post("/v1/batch", files=files))
    read = {line["name"]: line["digit"] for line in found if "digit" in line}
    assert read == {"seven.jpg": 7, **{f"folder/{d}.png": d for d in range(10)}}
    faults = {line["name"]: line["error"]["code"] for line in found if "error" in line}
    assert faults == {"bad.png": "bad_picture", "broken.zip": "bad_picture"}
    assert last["summary"]["errors"] == 2


def test_an_archive_may_be_the_body_itself(http: httpx.Client) -> None:
    zipped = archive([("one.png", encoded(draw("one")))])
    found, last = lines(http.post("/v1/batch", content=zipped, params={"include": "input"}))
    assert (found["name"], found["digit"], last["summary"]["pictures"]) == ("one.png", 1, 1)
    assert "input" in found


def test_an_odd_archives_members_each_have_their_line(http: httpx.Client) -> None:
    page = encoded(draw("three"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as odd:
        odd.writestr("folder/", b"")
        odd.writestr("__MACOSX/._three.png", b"notes")
        odd.writestr("/etc/three.png", page)
        odd.writestr("../../three.png", page)
        odd.writestr("inner.zip", archive([("x.png", page)]))
        odd.writestr("bomb.png", bytes(40_000_000))
        odd.writestr("secret.png", page)
    contents = bytearray(file.getvalue())
    # Mark the last member as encrypted, in its own header and in the list of members.
    local, listed = contents.rindex(b"PK\3\4"), contents.rindex(b"PK\1\2")
    contents[local + 6] |= 1
    contents[listed + 8] |= 1
    *found, last = lines(http.post("/v1/batch", files={"picture": ("odd.zip", bytes(contents))}))
    told = {line["name"]: line.get("digit", line.get("error", {}).get("message")) for line in found}
    assert told == {
        "/etc/three.png": 3,
        "../../three.png": 3,
        "inner.zip": "Expected a picture, got a ZIP inside a ZIP",
        "bomb.png": "Expected a picture of at most 16777216 bytes, got more",
        "secret.png": "Expected a picture, got one that is encrypted",
    }
    # Neither folders nor macOS's notes on files are pictures.
    assert last["summary"]["pictures"] == 5


def test_a_list_of_members_that_lies_is_not_read(http: httpx.Client) -> None:
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 65_535, 65_535, 1 << 31, 0, 0)
    found, _ = lines(http.post("/v1/batch", content=b"PK\3\4" + bytes(100) + end))
    assert found["error"]["code"] == "bad_picture"


def test_an_archive_of_nothing_is_said_to_be_one(http: httpx.Client) -> None:
    found, last = lines(http.post("/v1/batch", content=archive([])))
    assert found["error"] == {"code": "bad_picture", "message": "Expected pictures in a ZIP, found none"}
    assert last["summary"]["errors"] == 1


def test_uploads_are_bounded() -> None:
    flags = ("--max-upload-bytes", "100000", "--max-pictures", "3")
    page = encoded(draw("two", side=60))
    with running_server(*flags) as small, httpx.Client(base_url=small.url, timeout=60) as http:
        assert fault(http.post("/v1/batch", content=bytes(100_001))) == (413, "too_large")
        chunks = (bytes(60_000) for _ in range(2))
        assert fault(http.post("/v1/batch", content=chunks)) == (413, "too_large")
        files = [("picture", (f"{i}.png", page)) for i in range(4)]
        assert fault(http.post("/v1/batch", files=files)) == (413, "too_large")
        zips = [("picture", ("a.zip", archive([("1", page), ("2", page)])))] * 2
        *found, _ = lines(http.post("/v1/batch", files=zips))
        assert [line.get("error", {}).get("code") for line in found].count("too_large") == 1


async def test_who_leaves_an_upload_frees_its_place() -> None:
    page = encoded(draw("two"))
    zipped = archive([(f"{i}.png", page) for i in range(400)])
    with running_server("--max-uploads", "1") as small:
        async with httpx.AsyncClient(base_url=small.url, timeout=60) as http:
            async with http.stream("POST", "/v1/batch", content=zipped) as response:
                await anext(response.aiter_lines())
                assert fault(await http.post("/v1/batch", content=zipped)) == (503, "overloaded")
            for _ in range(200):
                answer = await http.post("/v1/batch", content=archive([("two.png", page)]))
                if answer.status_code == 200:
                    break
            assert json.loads(answer.text.splitlines()[0])["digit"] == 2


def test_other_fields_of_a_form_are_no_pictures(http: httpx.Client) -> None:
    page = ("three.png", encoded(draw("three")))
    *found, last = lines(http.post("/v1/batch", data={"note": "mine"}, files={"picture": page}))
    assert [line["digit"] for line in found] == [3]
    assert last["summary"]["errors"] == 0


def test_a_member_without_a_name_has_its_line_too(http: httpx.Client) -> None:
    zipped = archive([("three.png", encoded(draw("three")))]).replace(b"three.png", b"\0hree.png")
    found, last = lines(http.post("/v1/batch", content=zipped))
    assert (found["name"], last["summary"]["pictures"]) == ("", 1)


@pytest.mark.parametrize("sent", [b"", b"x" * 100])
def test_a_body_that_does_not_come_in_is_given_up(sent: bytes) -> None:
    head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    with running_server("--handshake-s", "0.2") as strict:
        with socket.create_connection((strict.host, strict.port), timeout=30) as slow:
            slow.sendall(head + sent)
            answer = b"".join(iter(lambda: slow.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"too_slow" in answer
        assert httpx.get(strict.url + "readyz", timeout=60).status_code == 200


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
def test_a_full_disk_refuses_uploads_and_nothing_else(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as errors, running_server(errors=errors) as full:
        resource.prlimit(full.process.pid, resource.RLIMIT_FSIZE, (1 << 21, 1 << 21))
        with httpx.Client(base_url=full.url, timeout=60) as http:
            for upload in (b"x" * (1 << 22), b"x" * ((1 << 21) + 100)):
                assert fault(http.post("/v1/batch", content=upload)) == (503, "overloaded")
            assert http.post("/v1/predict", content=encoded(draw("six"), "PNG")).json()["digit"] == 6
    assert "Traceback" not in (tmp_path / "log").read_text()
