"""Newcomers count whoever does not answer them, whatever comes instead."""

import socketserver
import threading

import pytest

from tests.conftest import RunningServer
from tests.newcomers import Newcomers


def test_a_server_that_answers_has_not_failed(server: RunningServer) -> None:
    with Newcomers(server.url, 10.0) as newcomers:
        pass
    assert (newcomers.asked, newcomers.failed) == (1, 0)


@pytest.mark.parametrize("answer", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 500 Fault\r\n\r\n"])
def test_whatever_is_no_answer_has_failed(answer: bytes) -> None:
    class Liar(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Liar) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        with Newcomers(f"http://127.0.0.1:{server.server_address[1]}/", 0.2) as newcomers:
            pass
        server.shutdown()
    assert newcomers.asked == newcomers.failed > 0
