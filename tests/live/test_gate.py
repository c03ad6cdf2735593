"""Who may connect."""

import asyncio
import socket
from dataclasses import replace

import pytest
import websockets

from live import gate
from live.counts import Counts
from live.errors import BadMessage, Forbidden, Overloaded, TooMany, Unauthorised
from live.messages import GoAway
from live.service import Service
from live.settings import Settings
from tests.live.inside import CLASSIC, serving


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"host": "digits.example:8000"}, ()),
        ({"host": "digits.example:8000", "origin": "http://digits.example:8000"}, ()),
        ({"host": "digits.example", "origin": "https://digits.example"}, ()),
        ({"host": "digits.example", "origin": "https://school.example"}, ("https://school.example",)),
        ({"host": "digits.example", "origin": "https://any.example"}, ("*",)),
        ({"host": "digits.example:443", "origin": "https://digits.example"}, ()),
        ({"host": "Digits.Example", "origin": "http://digits.example:80"}, ()),
    ],
)
def test_own_pages_allowed_pages_and_programs_may_connect(
    headers: dict[str, str], allowed: tuple[str, ...]
) -> None:
    gate.check_origin(headers, allowed)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "https://digits.example.evil.example",
        "https://digits.example:80",
        "http://digits.example:443",
        "https://school.example:444",
        "http://[",
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    with pytest.raises(Forbidden):
        gate.check_origin({"origin": origin}, ())
    with pytest.raises(Forbidden, match="Expected a page of this server's own host"):
        gate.check_origin({"host": "digits.example", "origin": origin}, ("https://school.example",))


@pytest.mark.parametrize(
    ("headers", "offered"),
    [
        ({"authorization": "Bearer s3cret"}, []),
        ({"authorization": "bearer  s3cret"}, []),
        ({}, ["live-digits.v1", "live-digits.token.s3cret"]),
        ({}, ["live-digits.token.s3%63ret"]),
    ],
)
def test_the_token_opens(headers: dict[str, str], offered: list[str]) -> None:
    gate.check_token(headers, offered, "s3cret")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_a_token_of_other_letters_opens_in_either_encoding(encoding: str) -> None:
    header = "Bearer sécret".encode(encoding).decode("latin-1")
    gate.check_token({"authorization": header}, [], "sécret")


@pytest.mark.parametrize(
    ("headers", "offered", "came"),
    [
        ({}, [], "none"),
        ({"authorization": "Basic s3cret"}, [], "none"),
        ({"authorization": "Bearer s3cre"}, [], "a wrong one"),
        ({"authorization": "Bearer ünïcode"}, [], "a wrong one"),
        ({}, ["live-digits.token."], "a wrong one"),
    ],
)
def test_nothing_else_opens_and_the_token_is_not_told(
    headers: dict[str, str], offered: list[str], came: str
) -> None:
    with pytest.raises(Unauthorised, match=f"got {came}") as refused:
        gate.check_token(headers, offered, "s3cret")
    assert "s3cre" not in refused.value.message


def test_without_a_token_everybody_may_connect() -> None:
    gate.check_token({}, [], "")


def test_a_token_is_no_version() -> None:
    assert gate.choose_subprotocol([]) is None
    assert gate.choose_subprotocol(["live-digits.token.x"]) is None
    assert gate.choose_subprotocol(["live-digits.token.x", "live-digits.v1"]) == "live-digits.v1"
    with pytest.raises(BadMessage):
        gate.choose_subprotocol(["live-digits.token.x", "live-digits.v2"])


class Guest:
    def __init__(self, address: str) -> None:
        self.address = address
        self.counts = Counts()
        self.goodbyes: list[GoAway] = []

    def check(self, now: float) -> None:
        raise NotImplementedError

    async def leave(self, message: GoAway, after_s: float) -> None:
        self.goodbyes.append(message)
        await asyncio.sleep(0)


async def test_one_address_gets_so_many_sessions_and_no_more_until_one_leaves() -> None:
    service = Service(Settings(max_sessions_per_address=2))
    first, second, third = (Guest("203.0.113.7") for _ in range(3))
    service.members.enter(first)
    service.members.enter(second)
    with pytest.raises(TooMany, match="Expected at most 2 sessions from one address"):
        service.members.enter(third)
    service.members.enter(Guest("203.0.113.8"))
    service.members.leave(first)
    service.members.enter(third)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
async def test_this_machine_has_no_limit_by_address(address: str) -> None:
    service = Service(Settings(max_sessions_per_address=1))
    for _ in range(3):
        service.members.enter(Guest(address))


async def test_a_full_server_takes_nobody() -> None:
    service = Service(Settings(max_sessions=1))
    service.members.enter(Guest("203.0.113.7"))
    with pytest.raises(Overloaded, match="the server is full"):
        service.members.enter(Guest("203.0.113.8"))


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("127.0.0.3", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2::3", "2001:db8:0:1::/64"),
        ("2001:db8:0:2:2::3", "2001:db8:0:2::/64"),
        ("a socket's name", "a socket's name"),
    ],
)
def test_addresses_are_counted_by_who_has_them(address: str, who: str) -> None:
    assert gate.whose(address) == who


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this platform has no socket for both")
@pytest.mark.parametrize("proxies", [("127.0.0.1",), ("127.0.0.0/8", "192.0.2.1")])
@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
async def test_a_proxy_is_believed_on_a_socket_for_both_too(host: str, proxies: tuple[str, ...]) -> None:
    settings = replace(CLASSIC, host=host, trusted_proxies=proxies, max_sessions_per_address=1)
    async with serving(settings) as (_, port):
        url = f"ws://127.0.0.1:{port}/v1/live"
        for address in ("203.0.113.7", "203.0.113.8"):
            headers = {"X-Forwarded-For": address}
            async with websockets.connect(url, additional_headers=headers):
                with pytest.raises(websockets.InvalidStatus, match="429"):
                    await websockets.connect(url, additional_headers=headers)
