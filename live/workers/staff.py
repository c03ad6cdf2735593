"""What the supervisor knows of its workers, and of the places that they fill."""

import contextlib
import math
import socket
import time
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

from live.service import LOADING_S
from live.workers.orders import Order

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_FIRST_DELAY_S, _MAX_DELAY_S = 0.5, 30.0


def delay_after(early_deaths: int) -> float:
    """Say how long (seconds) a place stays empty after so many workers in a row died early there."""
    return min(_FIRST_DELAY_S * 2 ** (early_deaths - 1), _MAX_DELAY_S) if early_deaths else 0.0


class State(Enum):
    """STARTING → SERVING → ENDING → gone."""

    STARTING = "starting"
    SERVING = "serving"
    ENDING = "ending"


@dataclass(eq=False)
class Worker:
    """A worker as its parent sees it."""

    place: "Place"
    process: SpawnProcess
    control: Connection
    channel: socket.socket | None
    """Where the doorman hands it connections."""
    row: int
    """Of the board."""
    state: State = State.STARTING
    failure: str = ""
    numbers: "list[Metric]" = field(default_factory=list)
    """The last that it told."""
    began_at: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    kill_at: float = field(default_factory=lambda: time.monotonic() + LOADING_S)
    is_heard: bool = True

    def say(self, order: Order) -> None:
        """Give an order."""
        # If it has died, that is noticed elsewhere.
        with contextlib.suppress(OSError):
            self.control.send(order)


@dataclass(eq=False)
class Place:
    """One of the places that are to be filled."""

    number: int
    listener: socket.socket | None
    """Its socket on the shared port; closed while the place is empty, lest somebody waits there."""
    worker: Worker | None = None
    successor: Worker | None = None
    """Who is to take over from the worker, once its models are loaded."""
    early_deaths: int = 0
    due_at: float = math.inf
    """When it is to be filled again."""
