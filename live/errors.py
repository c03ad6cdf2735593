"""What can go wrong, in one hierarchy. Each class owns its code on the wire and its HTTP status.

    frame ──▶ parsing ──▶ session ──▶ batcher ──▶ recogniser
                 │           │           │
             BadMessage   StaleSeq    Internal
             BadPicture   TooFast     Overloaded
             TooLarge     UnknownModel

A websocket answers each with an `error` message and stays open; HTTP answers with the status. What stops the
server from starting is a `StartError`, which no client ever sees.
"""

from typing import ClassVar, Literal

Place = Literal["session", "http"]


class LiveError(Exception):
    """A fault to tell a client about: what was expected and what came, never the payload itself."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    is_retryable: ClassVar[bool] = False
    places: ClassVar[tuple[Place, ...]] = ("session", "http")
    """Where a client may be told it; a refused handshake is HTTP's."""

    def __init__(self, message: str, seq: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.seq = seq
        """The snapshot that it is about, where that could be read."""


class BadMessage(LiveError):
    """A frame or body that is not what the protocol says."""

    code = "bad_message"
    status = 400


class Unreadable(BadMessage):
    """A frame that is not a message at all; several in a row end the session."""


class BadPicture(LiveError):
    """Bytes that are no picture, or none that can be decoded."""

    code = "bad_picture"
    status = 422


class TooLarge(LiveError):
    """More points, strokes, pixels or bytes than the server takes."""

    code = "too_large"
    status = 413


class Unauthorised(LiveError):
    """Someone without the server's token."""

    code = "unauthorised"
    status = 401
    places = ("http",)


class Forbidden(LiveError):
    """A page of a site that may not connect."""

    code = "forbidden"
    status = 403
    places = ("http",)


class TooMany(LiveError):
    """More sessions than the server takes from one address."""

    code = "too_many"
    status = 429
    places = ("http",)
    is_retryable = True


class TooFast(LiveError):
    """More snapshots a second than the server takes from one session."""

    code = "too_fast"
    status = 429
    places = ("session",)
    is_retryable = True


class TooSlow(LiveError):
    """A body that does not come in."""

    code = "too_slow"
    status = 408
    places = ("http",)
    is_retryable = True


class UnknownModel(LiveError):
    """A model, or something to include, that this server does not have."""

    code = "unknown_model"
    status = 404


class NotFound(LiveError):
    """A path where this server has nothing."""

    code = "not_found"
    status = 404
    places = ("http",)


class StaleSeq(LiveError):
    """A snapshot numbered no higher than the one before, or of an earlier drawing."""

    code = "stale_seq"
    status = 400
    places = ("session",)


class Overloaded(LiveError):
    """The server is full, loading or shutting down."""

    code = "overloaded"
    status = 503
    is_retryable = True


class Leaving(Overloaded):
    """The server ends, and owes an answer that it won't give."""

    def __init__(self) -> None:
        super().__init__("Expected to answer, but the server is shutting down")


class Internal(LiveError):
    """Our fault."""

    is_retryable = True


class StartError(Exception):
    """Why the server can't start: weights that don't fit, a missing extra, a port that is taken."""
