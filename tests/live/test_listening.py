"""Where a server listens."""

import socket
from typing import Any

import pytest

from live.errors import StartError
from live.settings import Settings
from live.transport.listening import listen

Found = tuple[socket.AddressFamily, tuple[Any, ...]]
FOUR: Found = (socket.AF_INET, ("127.0.0.1", 0))
SIX: Found = (socket.AF_INET6, ("::1", 0, 0, 0))


@pytest.mark.parametrize(
    ("host", "family"),
    [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6), ("", socket.AF_INET), ("::", socket.AF_INET6)],
)
def test_an_address_is_of_its_kind(host: str, family: socket.AddressFamily) -> None:
    with listen(Settings(host=host, port=0)) as listener:
        assert listener.family is family


@pytest.mark.parametrize(("known", "chosen"), [([SIX], SIX), ([SIX, FOUR], FOUR), ([FOUR, SIX], FOUR)])
def test_a_name_may_have_addresses_of_one_kind_or_both(
    monkeypatch: pytest.MonkeyPatch, known: list[Found], chosen: Found
) -> None:
    answer = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in known]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with listen(Settings(host="digits.example", port=0)) as listener:
        assert listener.getsockname()[0] == chosen[1][0]


def test_a_name_that_nobody_knows_is_told() -> None:
    with pytest.raises(StartError, match=r"Expected to listen on digits\.invalid, but: "):
        listen(Settings(host="digits.invalid", port=0))
