"""The faults: what is done to a server, what that may cost, and what must be seen of it."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from tests.chaos import acts, clients
from tests.chaos.acts import Act
from tests.chaos.clients import Misbehave
from tests.chaos.scene import Scene

_A_WHILE_S = 15.0
_BATCH, _THREAD = "A batch of", "The predict thread"
"""What the log begins its lines about them with."""


class Fault(NamedTuple):
    """What goes wrong, what that may cost, and what must be seen of it."""

    name: str
    act: Act
    stops_s: float = 0.0
    """The server stops, or is stopped: answers wait until it is back, so long at most."""
    shuts: bool = False
    """Nobody new can be let in meanwhile."""
    loses: bool = False
    """What was under way when a session was cut off may stay without an answer."""
    closes: tuple[int, ...] = ()
    """Codes that the crowd must be closed with, each some of it; no others."""
    errors: tuple[str, ...] = ()
    """Codes of errors that the crowd must be told, each some of it; no others."""
    logs: str = ""
    """What the log must say of it."""


def clients_that(misbehave: Misbehave, *codes: int) -> Fault:
    """Make a fault of clients; codes: that the server is to close them with."""
    summary = (misbehave.__doc__ or "").split(".")[0]
    return Fault(f"clients {summary[0].lower()}{summary[1:]}", acts.misbehaving(misbehave, codes))


FAULTS = [
    Fault("SIGTERM, and another server in its place", acts.restart, stops_s=_A_WHILE_S, closes=(1012,)),
    Fault(
        "SIGKILL, and another server in its place", acts.kill, stops_s=_A_WHILE_S, loses=True, closes=(1006,)
    ),
    Fault("SIGSTOP for 10 s", acts.freeze, stops_s=_A_WHILE_S),
    Fault("a batch that raises", acts.sabotaged("raise"), errors=("internal",), logs=_BATCH),
    Fault("a batch whose scores are NaN", acts.sabotaged("nan"), errors=("internal",), logs=_BATCH),
    Fault(
        "a batch that ends its thread",
        acts.sabotaged("exit"),
        stops_s=_A_WHILE_S,
        errors=("internal",),
        logs=_THREAD,
    ),
    Fault(
        "a batch that hangs", acts.sabotaged("hang"), stops_s=_A_WHILE_S, errors=("internal",), logs=_THREAD
    ),
    Fault(
        "threads that end again and again",
        acts.end_threads,
        stops_s=_A_WHILE_S,
        closes=(1012,),
        errors=("internal", "overloaded"),
        logs="again and again",
    ),
    Fault("no file left to open", acts.exhaust_files, shuts=True),
    Fault("no room for an upload", acts.fill_disk, logs="An upload could not be kept"),
    Fault("the decoder killed again and again", acts.kill_decoder),
    clients_that(clients.vanish_in_a_frame),
    clients_that(clients.vanish_in_the_handshake),
    clients_that(clients.half_close),
    clients_that(clients.send_byte_by_byte),
    clients_that(clients.never_read),
    clients_that(clients.come_and_go),
    clients_that(clients.be_idle),
    clients_that(clients.send_rubbish, 1002, 1007),
    clients_that(clients.send_too_much, 1009),
    clients_that(clients.send_what_makes_no_sense),
    clients_that(clients.flood_with_ink, 1008),
    clients_that(clients.flood_with_errors, 1008),
    clients_that(clients.flood_with_pings, 1008),
    clients_that(clients.hold_handshakes),
    clients_that(clients.hold_bodies),
]

_EVERYWHERE = partial(Scene, "--host", "0.0.0.0")
ELSEWHERE: list[tuple[Fault, Callable[[], Scene]]] = [
    (
        Fault("standard error on a full disk", acts.let_pass),
        partial(Scene, "--log-level", "info", log="/dev/full"),
    ),
    (
        Fault("a wall clock that jumps by a year twice a second", acts.let_pass),
        partial(Scene, is_clock_jumping=True),
    ),
    (
        Fault(
            "one of two workers killed", acts.kill_worker, loses=True, closes=(1006,), logs="it is replaced"
        ),
        partial(Scene, "--workers", "2"),
    ),
    (
        Fault(
            "one of two workers hangs",
            acts.hang_worker,
            stops_s=45.0,
            loses=True,
            closes=(1006,),
            logs="it is replaced",
        ),
        partial(Scene, "--workers", "2", "--spread", "fewest"),
    ),
    (Fault("a network that is cut for 3 s", acts.cut_network(3.0)), _EVERYWHERE),
    (Fault("a network that is cut for good", acts.cut_network(None)), _EVERYWHERE),
]
"""Those that each take a server of another kind."""
