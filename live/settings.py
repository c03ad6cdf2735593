"""Every knob of the server, with its unit and its default. The command line is made from this."""

import argparse
import ipaddress
import os
import re
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from live.messages import Limits


def _beside(name: str) -> Path:
    """Find a folder that a wheel carries inside the package and a checkout beside it."""
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


FRONTEND = _beside("frontend")
WEIGHTS = _beside("weights")


CAN_SHARE_PORTS = hasattr(socket, "SO_REUSEPORT") and sys.platform != "darwin"
"""Whether the kernel spreads connections over the sockets on one port. macOS has the option but does not."""

_MOST = 2**53
"""Clients are told limits as JSON: up to here, a browser reads a whole number as it is."""
_LEAST_S, _MOST_S = 1e-3, 2e6
"""Of any time, three weeks being the most: the kernel counts `stuck_s` in milliseconds, in 31 bits."""
_ORIGIN = re.compile(r"\*|null|[a-z][a-z\d+.-]*://[^/?#]+")
"""As a browser says it: a scheme and a host, a port if it is not the scheme's own, and no path."""
_LEAST_FRAME_BYTES = 1_024
"""Room for any message without a drawing."""


def _knob(default: Any, text: str, *choices: str, least: float = 1, most: float = _MOST) -> Any:
    """Make a field. A number is bounded by least and most; most numbers count what there must be one of."""
    return field(
        default=default, metadata={"help": text, "choices": choices or None, "least": least, "most": most}
    )


def _list(text: str, example: str, is_fine: Callable[[str], object]) -> Any:
    """Make a field of several, each of which must be fine."""
    return field(default=(), metadata={"help": text, "choices": None, "example": example, "is_fine": is_fine})


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return text == "*"
    return True


def _seconds(default: float, text: str, least: float = _LEAST_S) -> Any:
    return _knob(default, text, least=least, most=_MOST_S)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a server runs. Names carry their units; `help` says the rest."""

    host: str = _knob("127.0.0.1", "address to listen on; 0.0.0.0 for every one of this machine")
    port: int = _knob(8000, "port to listen on; 0 picks a free one", least=0, most=65_535)
    workers: int = _knob(0, "processes that serve; 0 for as many as fit the cores", least=0)
    spread: str = _knob(
        "kernel" if CAN_SHARE_PORTS else "fewest",
        "how workers get connections: from the kernel, by chance (SO_REUSEPORT); or from one process, each "
        "to the worker that has the fewest sessions",
        "kernel",
        "fewest",
    )
    weights: Path = _knob(
        WEIGHTS, "folder of models with their cards, or one Keras model of your own (.keras, .h5)"
    )
    model: str = _knob("", "default model; a card's name (default: compact, or else the first)")
    engine: str = _knob(
        "litert", "what runs the models: litert (light, fast on CPUs), or keras", "litert", "keras"
    )
    max_batch: int = _knob(64, "snapshots in one model call, at most")
    max_sessions: int = _knob(12_000, "websockets open at once, at most")
    max_sessions_per_address: int = _knob(1_000, "websockets open at once from one other machine, at most")
    allow_origin: tuple[str, ...] = _list(
        "origins of pages that may connect besides our own, or *: A,B",
        "origins such as https://school.example",
        _ORIGIN.fullmatch,
    )
    trusted_proxies: tuple[str, ...] = _list(
        "addresses or networks whose X-Forwarded-For is believed, or *: A,B",
        "addresses or networks such as 10.0.0.1 or 10.0.0.0/8",
        _is_address,
    )
    token: str = _knob(
        "", "what clients must bring, if anything; better in the environment, as LIVE_DIGITS_TOKEN"
    )
    certificate: str = _knob("", "TLS certificate chain, a PEM file")
    key: str = _knob("", "its private key, a PEM file")
    max_frame_bytes: int = _knob(1_048_576, "size of one websocket frame, at most", least=_LEAST_FRAME_BYTES)
    max_points: int = _knob(8_192, "points in one drawing, at most")
    max_strokes: int = _knob(256, "strokes in one drawing, at most")
    max_picture_pixels: int = _knob(16_777_216, "width × height of one picture, at most")
    max_upload_bytes: int = _knob(268_435_456, "size of one HTTP upload, at most; it is kept on disk")
    max_picture_bytes: int = _knob(16_777_216, "size of one uploaded picture, at most")
    max_pictures: int = _knob(20_000, "pictures in one upload, at most")
    max_uploads: int = _knob(8, "uploads taken in or answered at once, at most")
    decoders: int = _knob(1, "processes that decode live pictures, and as many again for uploaded archives")
    max_snapshots_per_s: float = _knob(5_000.0, "snapshots a second from one session, at most", least=1e-3)
    handshake_s: float = _seconds(10.0, "seconds that a client may take to say what it wants")
    upload_s: float = _seconds(600.0, "seconds that a client may take to send one HTTP body")
    idle_s: float = _seconds(900.0, "seconds without a frame after which a session is closed")
    session_s: float = _seconds(86_400.0, "seconds after which a session is asked to start anew")
    stuck_s: float = _seconds(30.0, "seconds that a client may leave its answers unread (Linux)")
    log_format: str = _knob("text", "lines for people, or JSON for machines", "text", "json")
    log_level: str = _knob(
        "warning", "what is logged; info tells of each session", "warning", "info", "debug"
    )
    drain_s: float = _seconds(
        10.0, "seconds that sessions and uploads get to end before the server stops", least=0
    )
    reconnect_ms: int = _knob(
        1_000, "milliseconds after which clients are told to come back from a restart", least=0
    )

    def __post_init__(self) -> None:
        """Raise ValueError when a number is out of its bounds, or an origin or an address is none."""
        for knob in fields(self):
            if fault := _fault(knob, getattr(self, knob.name)):
                raise ValueError(f"Expected {knob.name} of {fault}")

    @property
    def limits(self) -> Limits:
        """The limits that a client is told."""
        return Limits(
            frame_bytes=self.max_frame_bytes,
            points=self.max_points,
            strokes=self.max_strokes,
            picture_pixels=self.max_picture_pixels,
            snapshots_per_s=self.max_snapshots_per_s,
            sessions=self.max_sessions,
            sessions_per_address=self.max_sessions_per_address,
            idle_s=self.idle_s,
            session_s=self.session_s,
            stuck_s=self.stuck_s,
            handshake_s=self.handshake_s,
            upload_bytes=self.max_upload_bytes,
            upload_s=self.upload_s,
        )


@dataclass(frozen=True, kw_only=True)
class ClusterSettings(Settings):
    """How servers run on a cluster."""

    replicas: int = _knob(2, "servers; sessions in all are this many times those of one")
    cores_per_replica: float = _knob(1.0, "cores that Ray sets aside for each", least=0)
    model_replicas: int = _knob(0, "processes that have the models; 0 has them inside each server", least=0)


KNOBS = fields(Settings)
_NOT_ON_CLUSTERS = {"workers", "spread", "certificate", "key", "handshake_s", "stuck_s", "max_frame_bytes"}
"""Connections come to Ray's proxies, which have settings of their own."""
CLUSTER_KNOBS = [knob for knob in fields(ClusterSettings) if knob.name not in _NOT_ON_CLUSTERS]

Kind = TypeVar("Kind", bound=Settings)
Number = TypeVar("Number", int, float)


def add_flags(parser: argparse.ArgumentParser, knobs: "Iterable[Field[Any]]") -> None:
    """Make a flag of each knob."""
    for knob in knobs:
        parser.add_argument(
            f"--{knob.name.replace('_', '-')}",
            type=_reader(knob),
            default=knob.default,
            choices=knob.metadata["choices"],
            help=knob.metadata["help"],
        )


def read_flags(options: argparse.Namespace, kind: type[Kind]) -> Kind:
    """Make settings of what was given."""
    return kind(**{**vars(options), "token": read_token(options)})


def read_token(options: argparse.Namespace) -> str:
    """Return the token that was given, which may also come from LIVE_DIGITS_TOKEN."""
    # Other users can read a command line, but not an environment; help would print a default.
    token: str = options.token or os.environ.get("LIVE_DIGITS_TOKEN", "")
    return token


def number(kind: type[Number], least: float, most: float = _MOST) -> Callable[[str], Number]:
    """Make what reads a flag's number, and raises ArgumentTypeError unless it is one within bounds."""

    def read(text: str) -> Number:
        try:
            value = kind(text)
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}") from None
        if fault := _number_fault(value, least, most):
            raise argparse.ArgumentTypeError(f"expected {fault}")
        return value

    return read


seconds = number(float, least=0, most=_MOST_S)
"""Reads a flag's seconds, which may be none."""


def _reader(knob: "Field[Any]") -> Callable[[str], Any]:
    """Return what reads a knob's flag."""
    if isinstance(knob.default, tuple):
        return partial(_read_list, knob)
    if isinstance(knob.default, int | float):
        return number(type(knob.default), knob.metadata["least"], knob.metadata["most"])
    return Path if isinstance(knob.default, Path) else str


def _read_list(knob: "Field[Any]", text: str) -> tuple[str, ...]:
    """Read a flag's list. Raises ArgumentTypeError where one of it is not what the setting takes."""
    value = tuple(each.strip().lower().rstrip("/") for each in text.split(","))
    if fault := _fault(knob, value):
        raise argparse.ArgumentTypeError(f"expected {fault}")
    return value


def _fault(knob: "Field[Any]", value: object) -> str:
    """Say what is wrong with a value: nothing, unless it is out of its bounds, or could never match."""
    if isinstance(value, tuple):
        wrong = [each for each in value if not knob.metadata["is_fine"](each)]
        return f"{knob.metadata['example']} or *, got {wrong[0] or 'nothing'}" if wrong else ""
    if isinstance(value, int | float):
        return _number_fault(value, knob.metadata["least"], knob.metadata["most"])
    return ""


def _number_fault(value: float, least: float, most: float) -> str:
    """Say what is wrong with a number, if it is out of its bounds."""
    if value > most:
        return f"at most {most:.0f}, got {value}"
    # Not a number is not below least either.
    return "" if value >= least else f"at least {least:g}, got {value}"
