"""A hand: what it sends, in one piece or one by one, is what its books say."""

from typing import Any

import msgspec
from picows import WSMsgType
from websockets.frames import Frame
from websockets.streams import StreamReader

from live.ink_file import EXAMPLES, read
from live.load.alarm import clock
from live.load.books import Guarantee
from live.load.frames import animate, stamp_binary
from live.load.hand import Desk, Hand, Stage
from live.messages import HEADER
from tests.live import liar


class Wire:
    """A client's transport that leads nowhere, and the socket's below it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.pieces: list[bytes] = []
        self.underlying_transport = self

    def send(self, _: WSMsgType, message: bytes) -> None:
        self.sent.append(bytes(message))

    def write(self, piece: bytes) -> None:
        self.pieces.append(piece)


def opened() -> tuple[Hand, Wire]:
    """Open a session that sends into a wire."""
    desk = Desk(
        [animate(each, 4, False) for each in read(EXAMPLES)], 4, stamp_binary, is_json=False, model=""
    )
    hand, wire = Hand(desk, 0, clock()), Wire()
    transport: Any = wire
    hand.on_ws_connected(transport)
    hand.stage = Stage.OPEN
    return hand, wire


def messages(piece: bytes) -> list[bytes]:
    """Read a client's whole frames."""
    reader, found = StreamReader(), []
    reader.feed_data(piece)
    reader.feed_eof()
    while True:
        parsing = Frame.parse(reader.read_exact, mask=True)
        try:
            next(parsing)
        except StopIteration as end:
            found.append(bytes(end.value.data))
        except EOFError:
            return found


def test_late_snapshots_go_in_one_piece_each_in_its_turn() -> None:
    hand, wire = opened()
    now = clock()
    hand.draw(now)
    hand.draw(now - 0.3, now - 0.2, now - 0.1)
    assert len(wire.sent) == len(wire.pieces) == 1
    numbers = [HEADER.unpack_from(each)[3:] for each in [*wire.sent, *messages(wire.pieces[0])]]
    assert numbers == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert hand.books.sent == 4
    assert [round(now - due, 1) for due in hand.books.predict(3, 0, 3)] == [0, 0.3, 0.2, 0.1]


def test_a_full_socket_gets_the_newest_once_there_is_room() -> None:
    hand, wire = opened()
    hand.pause_writing()
    hand.draw(1.0, 2.0)
    assert (wire.sent, wire.pieces, hand.books.sent) == ([], [], 0)
    hand.resume_writing()
    hand.draw(3.0)
    assert len(wire.sent) == 1
    assert hand.books.predict(0, 0, 0) == [1.0], "late since the first that was held back"


def test_who_is_told_twice_that_it_is_ready_draws_once() -> None:
    hand, _ = opened()
    hand.stage = Stage.CONNECTED
    begun: list[Hand] = []
    hand._desk.on_open = begun.append
    for message in [*liar.GREETING, *liar.GREETING, liar.CONFIGURED]:
        hand._read(msgspec.json.encode(message))
    assert begun == [hand]
    assert hand.books.broken == {Guarantee.FORM}
