"""Opens the listening sockets: one for a single process, one for each of several workers."""

import errno
import os
import socket
from typing import Any

from live.errors import StartError
from live.settings import CAN_SHARE_PORTS, Settings

BACKLOG = 4096
"""Connections that may wait to be let in; Linux itself has no more by default."""


def listen(
    settings: Settings, port: int | None = None, *, is_shared: bool = False, is_open: bool = True
) -> socket.socket:
    """Listen on the settings' address, on their port or another.

    is_shared: others of this user may listen on the same port, with the same option.
    is_open: if not, nothing is sent here until somebody calls `listen` on the socket.
    Raises StartError when the port is taken, or may not be had.
    """
    host, port = settings.host, settings.port if port is None else port
    try:
        family, address = _resolve(host, port)
        listener = socket.socket(family, socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise StartError(f"Expected to listen on {host}, but: {str(error.strerror).lower()}") from None
    except OSError as error:
        raise StartError(f"Expected a socket to listen on, but: {str(error.strerror).lower()}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A client that leaves its answers unread this long is cut off by the kernel: nothing else can
        # end a connection whose buffer is full.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(settings.stuck_s * 1e3))
    try:
        listener.bind(address)
        if is_open:
            listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise StartError(f"Expected to listen on {host} port {port}, but: {reason.lower()}") from None
    return listener


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Find out what to bind; of a name that has addresses of both kinds, an IPv4 one."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, address


def listen_together(settings: Settings, count: int) -> list[socket.socket]:
    """Open as many sockets on one port, over which the kernel spreads connections. Raises StartError."""
    if not CAN_SHARE_PORTS:
        raise StartError("Expected --spread fewest: on this platform the kernel does not spread connections")
    if settings.port:
        # Another server of ours would share its port without a word.
        listen(settings).close()
    listeners = [listen(settings, is_shared=True)]
    port = listeners[0].getsockname()[1]
    listeners += [listen(settings, port, is_shared=True) for _ in range(count - 1)]
    return listeners


def url_of(listener: socket.socket, is_secure: bool = False) -> str:
    """Say where a listener is to be reached; is_secure: by TLS."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if is_secure else 'http'}://{shown}:{port}"


def hand_over(channel: socket.socket, connection: socket.socket) -> None:
    """Send an accepted connection to the process at the other end. Raises OSError when that has gone."""
    socket.send_fds(channel, [b"c"], [connection.fileno()])


def take_over(channel: socket.socket) -> socket.socket:
    """Take a connection from the process at the other end.

    Raises EOFError when that has gone, OSError when no file is left for the connection, which is lost then.
    """
    said, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
    if not said:
        raise EOFError
    if not descriptors:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    return socket.socket(fileno=descriptors[0])
