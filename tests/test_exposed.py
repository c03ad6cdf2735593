"""On the open internet: who is believed, what is not given away, and who is not waited for."""

import asyncio
import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from itertools import count
from pathlib import Path

import httpx
import pytest
import websockets

from tests.conftest import RunningServer, require, running_server
from tests.live.drawings import DRAWINGS, binary_ink
from tests.talk import ask, receive, session, whole
from tests.test_server import run
from tests.wire import Op, Wire, close, frame, handshake

CLAIMED = {"X-Forwarded-For": "203.0.113.9"}
"""An address that is nobody's (RFC 5737)."""
ONE = binary_ink(whole(DRAWINGS["one"]), 0)


@pytest.mark.parametrize(("proxies", "second"), [("127.0.0.1", 429), ("192.0.2.1", 101), ("", 101)])
async def test_only_proxies_that_are_named_say_whose_a_connection_is(proxies: str, second: int) -> None:
    flags = ("--trusted-proxies", proxies) if proxies else ()
    with running_server("--max-sessions-per-address", "1", *flags) as server:
        async with websockets.connect(server.socket, additional_headers=CLAIMED) as first:
            await receive(first)
            try:
                async with websockets.connect(server.socket, additional_headers=CLAIMED):
                    found = 101
            except websockets.InvalidStatus as refused:
                found = refused.response.status_code
            assert found == second
            other = {"X-Forwarded-For": "203.0.113.10"}
            async with websockets.connect(server.socket, additional_headers=other):
                pass


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with a certificate for localhost and its key."""
    openssl = require(shutil.which("openssl"), "openssl")
    new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-out", "certificate.pem", "-keyout", "key.pem")
    subprocess.run([openssl, *new.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_with_a_certificate_it_speaks_tls_and_nothing_else(certificate: Path, workers: str) -> None:
    files = ("--certificate", f"{certificate}/certificate.pem", "--key", f"{certificate}/key.pem")
    with running_server(*files, "--handshake-s", "1", "--workers", workers) as server:
        assert server.url.startswith("https://")
        trust = ssl.create_default_context(cafile=str(certificate / "certificate.pem"))
        secure = server.socket.replace("ws:", "wss:")
        async with websockets.connect(secure, ssl=trust) as drawing:
            assert (await receive(drawing))["type"] == "ready"
            assert (await ask(drawing, ONE))["digit"] == 1
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(handshake())
        assert b"HTTP" not in await reader.read()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ("--key {}/key.pem", "Expected --certificate too when there is a --key"),
        (
            "--certificate {0}/certificate.pem --key {0}/none.pem",
            "Expected a PEM file at {}/none.pem, found none",
        ),
        (
            "--certificate {}/certificate.pem",
            "its private key in {}/certificate.pem, as PEM, got something else",
        ),
        (
            "--certificate {0}/key.pem --key {0}/certificate.pem",
            "Expected a certificate chain in {}/key.pem and",
        ),
        ("--certificate {0}/certificate.pem --key {0}/other.pem", "private key in {}/other.pem, as PEM, got"),
    ],
    ids=["key alone", "missing", "certificate alone", "swapped", "of another"],
)
def test_a_certificate_that_can_not_be_used_is_said_in_one_line(
    certificate: Path, flags: str, reason: str
) -> None:
    openssl = require(shutil.which("openssl"), "openssl")
    new = "ecparam -genkey -name prime256v1 -noout -out other.pem"
    subprocess.run([openssl, *new.split()], cwd=certificate, check=True, capture_output=True)
    found = run("serve", "--port", "0", "--workers", "2", *flags.format(certificate).split())
    assert found.returncode == 1
    assert reason.format(certificate) in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "/live/%2e%2e/README.md"]
)
async def test_nothing_beside_the_page_is_given_away(server: RunningServer, path: str) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    # As it is: a client of HTTP would tidy it up.
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 404 ")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("path", ["", "style.css", "main.js"])
def test_the_page_may_load_from_here_only(server: RunningServer, path: str) -> None:
    headers = httpx.get(server.url + path, timeout=60).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert "server" not in headers


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux' TCP_USER_TIMEOUT")
async def test_who_does_not_read_is_given_up() -> None:
    with running_server("--stuck-s", "0.3") as server:
        wire = await Wire.open(server.host, server.port)
        raw: socket.socket = wire.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await wire.send(frame(Op.TEXT, b'{"type":"configure","include":["input"]}'))
        async with asyncio.timeout(60):
            for seq in count():
                await wire.send(frame(Op.BINARY, binary_ink(whole(DRAWINGS["one"]), seq)))
                if "live_digits_sessions 0.0" in await _metrics(server):
                    break
        wire.writer.transport.abort()


async def _metrics(server: RunningServer) -> str:
    async with httpx.AsyncClient(timeout=60) as client:
        return (await client.get(server.url + "metrics")).text


async def test_each_session_leaves_one_line_of_numbers(tmp_path: Path) -> None:
    flags = ("--log-format", "json", "--log-level", "info")
    with (tmp_path / "log").open("wb") as log, running_server(*flags, errors=log) as server:
        async with session(server) as drawing:
            assert (await ask(drawing, ONE))["digit"] == 1
            assert (await ask(drawing, ONE))["code"] == "stale_seq"
        wire = await Wire.open(server.host, server.port)
        await wire.send(close(1000))
        await wire.hang_up()
        server.stop(signal.SIGTERM)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line[0] == "{"]
    ended = [line for line in lines if line["message"] == "session ended"]
    counts = {(one["snapshots"], one["predictions"], one["errors"]) for one in ended}
    assert (len(ended), counts) == (2, {(2, 1, 1), (0, 0, 0)})
