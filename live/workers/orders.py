"""What the supervisor and its workers say to each other, over a pipe for each worker.

supervisor ──▶ Drain, Stop, Tell, Totals ──▶ worker
supervisor ◀── Ready, Failed, Alive, Numbers, Ask ◀── worker
"""

import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NamedTuple

from live.census import Board

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class Drain(NamedTuple):
    """To a worker: let your sessions go, then end."""

    is_replaced: bool
    """Others take new connections, so take none; else refuse them with a reason."""


class Stop(NamedTuple):
    """To a worker: end at once."""


class Tell(NamedTuple):
    """To a worker: send your numbers."""


class Totals(NamedTuple):
    """To a worker that asked: everybody's numbers added up."""

    families: "list[Metric]"


class Ready(NamedTuple):
    """From a worker: the models are loaded."""


class Failed(NamedTuple):
    """From a worker: why it can't serve."""

    reason: str


class Alive(NamedTuple):
    """From a worker, every second: the event loop turns."""


class Numbers(NamedTuple):
    """From a worker: what it has measured so far."""

    families: "list[Metric]"


class Ask(NamedTuple):
    """From a worker: somebody wants the totals."""


Order = Drain | Stop | Tell | Totals
News = Ready | Failed | Alive | Numbers | Ask


@dataclass(frozen=True)
class Post:
    """Where a worker stands: what its parent gives it."""

    control: Connection
    board: Board
    row: int
    """Its own row of the board."""
    listener: socket.socket | None
    """Its own socket on the shared port; None if connections are handed to it instead."""
    handed: socket.socket | None
    """Where those come from."""
