"""Runs the application under uvicorn: binds the port, says where the page is, drains before it stops."""

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from live import logs
from live.app import create_app
from live.errors import StartError
from live.service import Service
from live.settings import KNOBS, Settings

_BACKLOG = 2048
_SWITCH_S = 1e-4
"""How long a thread keeps the interpreter while another wants it. With Python's own 5 ms the predict thread,
back from the model, waits that long for a busy event loop: 64 sessions in a closed loop got 2,500 answers a
second that way, 3,500 this way."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every setting."""
    kinds: dict[type, Callable[[str], Any]] = {tuple: lambda text: tuple(text.split(","))}
    for knob in KNOBS:
        kind = Path if isinstance(knob.default, Path) else kinds.get(type(knob.default), type(knob.default))
        flag = f"--{knob.name.replace('_', '-')}"
        parser.add_argument(flag, type=kind, default=knob.default, **knob.metadata)


def main(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    # Other users can read a command line, but not an environment.
    options.token = options.token or os.environ.get("LIVE_DIGITS_TOKEN", "")
    serve(Settings(**vars(options)))
    return 0


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises StartError when that can't be."""
    logs.configure(settings.log_format == "json", settings.log_level)
    for path in filter(None, (settings.certificate, settings.key)):
        if not os.path.isfile(path):
            raise StartError(f"Expected a PEM file at {path}, found none")
    listener = _bind(settings)
    sys.setswitchinterval(_SWITCH_S)
    runner = asyncio.Runner(loop_factory=_loop_factory())
    with listener, runner:
        service = runner.run(_serve(settings, listener))
    if service.failure:
        raise service.failure


async def _serve(settings: Settings, listener: socket.socket) -> Service:
    service = Service(settings)
    config = uvicorn.Config(
        create_app(settings, service),
        http=_http_within(settings.handshake_s),
        ws="websockets-sansio",
        ws_max_size=settings.max_frame_bytes,
        # Saves 50 kB a connection, and there are no decompression bombs.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.certificate or None,
        ssl_keyfile=settings.key or None,
    )
    server = _Server(config, service)
    service.on_failure = server.stop
    await server.serve([listener])
    return service


def _http_within(seconds: float) -> type[HttpToolsProtocol]:
    """Make uvicorn's HTTP close connections whose request's head does not come in time: it waits forever."""

    class Http(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._deadline = self.loop.call_later(seconds, transport.close)

        def on_message_begin(self) -> None:
            self._deadline.cancel()
            self._deadline = self.loop.call_later(seconds, self.transport.close)
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._deadline.cancel()
            super().on_headers_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self._deadline.cancel()
            super().connection_lost(exc)

    return Http


class _Server(uvicorn.Server):
    """uvicorn closes websockets the moment it is told to stop: this one drains them first."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._draining: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Leave the main loop."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"Live Digits is on http://{shown}:{port} (Ctrl+C stops it)", flush=True)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take signals that come before the event loop's handlers are in place."""
        self.stop()

    def _on_signal(self) -> None:
        """Drain, then stop; a second signal stops at once."""
        if self._draining:
            self.stop()
            return
        self._draining = asyncio.create_task(self._service.drain())
        self._draining.add_done_callback(lambda _: self.stop())


def _bind(settings: Settings) -> socket.socket:
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A client that leaves its answers unread this long is cut off by the kernel: nothing else can
        # end a connection whose buffer is full.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(settings.stuck_s * 1e3))
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise StartError(f"Expected to listen on {host} port {port}, but: {reason.lower()}") from None
    return listener


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    """Choose uvloop where there is one: not on Windows."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.Loop
