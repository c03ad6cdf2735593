"""Addresses of servers, as users give them, and what is said when nobody is there."""

import errno
import socket
import ssl

import pytest

from live.address import BadAddress, http_url, say_why, websocket_url
from live.blocking import Blocking


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("127.0.0.1:8000", "ws://127.0.0.1:8000/v1/live"),
        ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/v1/live"),
        ("https://example.org/digits", "wss://example.org/digits/v1/live"),
        ("ws://[::1]:8000/v1/live", "ws://[::1]:8000/v1/live"),
        ("https://bücher.example?key=1", "wss://bücher.example/v1/live?key=1"),
    ],
)
def test_an_address_is_completed(given: str, found: str) -> None:
    assert websocket_url(given) == found


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/v1/predict?model=mlp"),
        ("wss://[::1]/digits/v1/live?key=1", "https://[::1]/digits/v1/predict?key=1&model=mlp"),
    ],
)
def test_an_address_is_completed_to_that_of_a_route(given: str, found: str) -> None:
    assert http_url(given, "/v1/predict", {"model": "mlp"}) == found


NO_ADDRESSES = [
    "",
    "http://",
    "ftp://here",
    "http://[::1",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:0",
    "127.0.0.1:abc",
    "http://a..b",
]


@pytest.mark.parametrize("given", NO_ADDRESSES)
def test_what_is_no_address_is_said(given: str) -> None:
    with pytest.raises(BadAddress, match="Expected the URL of a server"):
        websocket_url(given)


def test_a_client_says_it_before_it_connects() -> None:
    with pytest.raises(BadAddress):
        Blocking("http://127.0.0.1:99999")


NOBODY = errno.ECONNREFUSED
MANY = f"Multiple exceptions: [Errno {NOBODY}] Connect call failed ('::1', 9), [Errno {NOBODY}] Connect call"


def make_distrust() -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionRefusedError(NOBODY, "Connect call failed ('127.0.0.1', 9)"), "Connection refused"),
        (OSError(MANY), "Connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (make_distrust(), "its certificate is not trusted (self-signed certificate)"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_why_nobody_is_there_is_said(error: Exception, why: str) -> None:
    assert say_why(error) == why
