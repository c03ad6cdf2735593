"""nginx as deploy/nginx.conf sets it up, with two servers behind it, one and then the other taken away."""

import asyncio
import contextlib
import json
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
import websockets
from websockets import Origin

from tests.conftest import ROOT, RunningServer, require, running_server
from tests.hands import hands
from tests.live.pages import draw, encoded

CONF = (ROOT / "deploy" / "nginx.conf").read_text()
HANDS = 16
FLAGS = ("--model", "classic", "--trusted-proxies", "127.0.0.1")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for localhost and its key."""
    folder = tmp_path_factory.mktemp("nginx")
    openssl = require(shutil.which("openssl"), "openssl")
    new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=DNS:localhost", "-out", "certificate.pem", "-keyout", "key.pem")
    subprocess.run([openssl, *new.split(), *names], cwd=folder, check=True, capture_output=True)
    return folder


@contextlib.contextmanager
def running_nginx(folder: Path, one: RunningServer, two: RunningServer) -> Iterator[tuple[int, int]]:
    """Run nginx with the configuration as it is, but for ports; yield that of TLS and that without."""
    nginx = require(shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin"), "nginx")
    ports = [free_port(), free_port()]
    changes = {
        "one:8000": f"127.0.0.1:{one.port}",
        "two:8000": f"127.0.0.1:{two.port}",
        "listen 8080": f"listen 127.0.0.1:{ports[0]}",
        "listen 8443": f"listen 127.0.0.1:{ports[1]}",
        "$host:8443": f"$host:{ports[1]}",
        "/tmp/": f"{folder}/",
        # Of a user who may have no more.
        "worker_rlimit_nofile 65536;": "",
        "worker_connections 30000;": "worker_connections 256;",
    }
    text = CONF
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text)
    command = [nginx, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    running = subprocess.Popen([*command, "-g", "daemon off;"])
    try:
        wait_for(ports[1])
        yield ports[1], ports[0]
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def wait_for(port: int) -> None:
    for _ in range(1_500):
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise AssertionError("Expected nginx to listen within 30 s")


async def sessions(server: RunningServer) -> int:
    """Ask a server how many sessions it has."""
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        found = re.search(r"^live_digits_sessions (\d+)", (await http.get("/metrics")).text, re.MULTILINE)
    assert found
    return int(found[1])


async def test_sessions_outlive_either_server(certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
    with (
        running_server(*FLAGS) as one,
        running_server(*FLAGS) as two,
        running_nginx(certificate, one, two) as (port, _),
    ):
        url = f"wss://localhost:{port}/v1/live"
        async with hands(url, HANDS, tls=trust) as drawing:
            assert (await sessions(one), await sessions(two)) == (HANDS / 2, HANDS / 2)
            # Restarted: those who were there are told, and nobody is refused.
            assert await asyncio.to_thread(one.stop) == 0
            await drawing.draw_once_more()
            assert drawing.seen.cuts == {"1012": HANDS / 2}
            assert not drawing.seen.refusals
            assert await sessions(two) == HANDS
            with running_server(*FLAGS, port=one.port) as again:
                # Killed: nobody is told, and still nobody is lost.
                two.process.kill()
                await asyncio.to_thread(two.process.wait)
                await drawing.draw_once_more()
                # What was answered may still have been on its way.
                async with asyncio.timeout(30):
                    while await sessions(again) < HANDS:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
            assert (drawing.seen.wrong, drawing.seen.errors) == (0, {})


async def test_the_rest_is_served_as_by_the_server_itself(certificate: Path, server: RunningServer) -> None:
    trust = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
    with running_nginx(certificate, server, server) as (port, plain):
        async with httpx.AsyncClient(base_url=f"https://localhost:{port}", verify=trust, timeout=60) as http:
            assert (await http.get("/healthz")).json() == {"status": "alive"}
            origin = {"Origin": f"https://localhost:{port}"}
            seven = {"strokes": [[[20, 10], [80, 10], [45, 90]]]}
            found = await http.post("/v1/predict", json=seven, headers=origin)
            assert found.json().get("digit") == 7, found.text
            assert (await http.get("/metrics")).status_code == 404
            # What takes no bodies is sent none, and nothing of it is kept.
            assert (await http.post("/", content=bytes(100_000))).status_code == 413
            picture = encoded(draw("six"))
            assert (await http.post("/v1/predict", content=picture)).json()["digit"] == 6
            assert (await http.post("/v1/batch", content=picture)).status_code == 200
            landed = await http.get(f"http://localhost:{plain}/?a=b", follow_redirects=True)
            assert landed.url == f"https://localhost:{port}/?a=b"
            assert "Live Digits" in landed.text
        url = f"wss://localhost:{port}/v1/live"
        async with websockets.connect(url, ssl=trust, origin=Origin(origin["Origin"])) as page:
            assert json.loads(await page.recv())["type"] == "ready"


async def test_what_one_server_has_no_place_for_is_read_by_the_other(certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
    with (
        running_server(*FLAGS, "--max-uploads", "1") as one,
        running_server(*FLAGS) as two,
        running_nginx(certificate, one, two) as (port, _),
        socket.create_connection((one.host, one.port)) as upload,
    ):
        upload.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: one\r\nContent-Length: 9\r\n\r\n")
        async with httpx.AsyncClient(base_url=f"https://localhost:{port}", verify=trust, timeout=60) as http:
            while (await http.post(f"{one.url}v1/batch", content=b"-")).status_code != 503:
                pass  # It has a place yet.
            found = [(await http.post("/v1/batch", content=b"-")).status_code for _ in range(4)]
        assert found == [200] * 4


def test_nginx_waits_longer_than_the_servers_ping() -> None:
    config = uvicorn.Config("")
    assert config.ws_ping_interval
    assert config.ws_ping_timeout
    [timeout] = re.findall(r"location = /v1/live \{.*?proxy_read_timeout (\d+)s", CONF, re.DOTALL)
    assert int(timeout) > config.ws_ping_interval + config.ws_ping_timeout
