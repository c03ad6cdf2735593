"""Runs the application under uvicorn: binds the port, says where the page is, drains before it stops."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import FrameType

import uvicorn

from live import logs
from live.app import create_app
from live.errors import StartError
from live.files_limit import raise_file_limit
from live.gate import in_both_ways
from live.service import Service, State
from live.settings import KNOBS, Settings, add_flags, read_flags
from live.transport.door import Door
from live.transport.http import http_within
from live.transport.leaving import framing_one_by_one
from live.transport.listening import BACKLOG, listen, url_of
from live.tuning import tune

_CAN_HAVE_WORKERS = hasattr(signal, "pthread_sigmask")
"""Not on Windows."""
_OTHER_FILES = 256
"""Open files of a process that are no sessions: who asks over HTTP, uploads, helpers, models."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every setting."""
    add_flags(parser, KNOBS)


def main(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    settings = read_flags(options, Settings)
    try:
        serve(settings)
    except StartError as error:
        if settings.log_format != "json":
            raise
        logging.getLogger(__name__).critical("%s", error)
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises StartError when that can't be."""
    logs.configure(settings.log_format == "json", settings.log_level)
    _check_certificate(settings)
    count = _count_processes(settings.workers)
    settings = _within_files(settings, count)
    if count == 1:
        _serve_alone(settings)
        return
    from live.workers import supervisor

    supervisor.supervise(settings, count)


def _count_processes(asked: int) -> int:
    """Say how many processes are to serve; asked: 0 for as many as fit. Raises StartError."""
    if not _CAN_HAVE_WORKERS:
        if asked > 1:
            raise StartError(f"Expected --workers 1: on this platform one process serves, got {asked}")
        return 1
    if asked:
        return asked
    from live.workers import machine

    return machine.usable_cores()


def _within_files(settings: Settings, processes: int) -> Settings:
    """Let in no more sessions than there are files for: who comes after them is still answered."""
    if (files := raise_file_limit()) is None:
        return settings
    most = (files - min(_OTHER_FILES, files // 4)) * processes
    if most >= settings.max_sessions:
        return settings
    logging.getLogger(__name__).warning(
        "At most %d sessions, and not %d: a process may open %d files here (ulimit -n)",
        *(most, settings.max_sessions, files),
    )
    return replace(settings, max_sessions=most)


def _check_certificate(settings: Settings) -> None:
    """Raise StartError unless uvicorn will be able to use what there is for TLS, if anything."""
    certificate, key = settings.certificate, settings.key
    if key and not certificate:
        raise StartError("Expected --certificate too when there is a --key")
    for path in filter(None, (certificate, key)):
        if not os.path.isfile(path):
            raise StartError(f"Expected a PEM file at {path}, found none")
    if not certificate:
        return
    expected = f"Expected a certificate chain in {certificate} and its private key in {key or certificate}"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key or None)
    except ssl.SSLError:
        # What OpenSSL says of files that are swapped or no PEM, "PEM lib", helps nobody.
        raise StartError(f"{expected}, as PEM, got something else") from None
    except OSError as error:
        raise StartError(f"{expected}, but: {str(error.strerror).lower()}") from None


def _serve_alone(settings: Settings) -> None:
    with listen(settings) as listener, new_runner() as runner:
        service = Service(settings)
        server = Server(configure(settings, service), service)
        server.on_up = lambda: announce(listener, settings)
        runner.run(server.serve([listener]))
    if service.failure:
        raise service.failure


def announce(listener: socket.socket, settings: Settings, also: str = "") -> None:
    """Say where the page is, in the form of the log."""
    url = url_of(listener, is_secure=bool(settings.certificate))
    told = f"Live Digits is on {url} ({also}Ctrl+C stops it)"
    try:
        print(logs.as_json(__name__, told) if settings.log_format == "json" else told, flush=True)
    except OSError as error:
        # A full disk, or a pipe that nobody reads any more, is no reason not to serve.
        logging.getLogger(__name__).warning("Nobody was told where it is: %s", error.strerror)
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def new_runner() -> asyncio.Runner:
    """Make what runs a server's event loop."""
    tune()
    return asyncio.Runner(loop_factory=_loop_factory())


def configure(settings: Settings, service: Service, *, starts_loaded: bool = False) -> uvicorn.Config:
    """Set uvicorn up for the application.

    starts_loaded: no connection is taken before the models are loaded.
    """

    def is_busy() -> bool:
        return service.is_predicting

    return uvicorn.Config(
        create_app(settings, service, starts_loaded=starts_loaded),
        http=http_within(settings.handshake_s, is_busy),
        ws=framing_one_by_one(is_busy),
        ws_max_size=settings.max_frame_bytes,
        # Saves 50 kB a connection, and there are no decompression bombs.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=in_both_ways(settings.trusted_proxies),
        ssl_certfile=settings.certificate or None,
        ssl_keyfile=settings.key or None,
    )


class Server(uvicorn.Server):
    """uvicorn closes websockets the moment it is told to stop: this one drains them first."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.on_up: Callable[[], None] = lambda: None
        """Called once the models are loaded; the page is there before."""
        self._service = service
        self._draining: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        self._on_exit: Callable[[], object] = self.stop
        service.on_failure = self.hang_up

    def stop(self) -> None:
        """Leave the main loop."""
        self.should_exit = True

    def drain(self) -> None:
        """Let the sessions go, then stop; asked a second time, stop at once."""
        if self._draining:
            self.stop()
            return
        self._draining = asyncio.create_task(self._service.drain())
        self._draining.add_done_callback(lambda _: self.stop())

    def hang_up(self) -> None:
        """Let the sessions go, then stop, however often a terminal that closes, or what fails, says so."""
        if not self._draining:
            self.drain()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections, and heed signals."""
        # Windows' event loop can't wait for a socket; it takes connections one by one itself.
        has_doors = sys.platform != "win32"
        await super().startup([] if has_doors else sockets)
        for listener in (sockets or []) if has_doors else []:
            # A worker's that takes a dead one's place is not open yet.
            listener.listen(BACKLOG)
            door = self.make_door(listener, partial(_accept, listener))
            # Closed by uvicorn, and waited for, like one of its own.
            self.servers.append(door)  # type: ignore[arg-type]
            door.open()
        self.handle_signals()
        self._loading = asyncio.create_task(self._await_models())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, whether or not the models have been loaded by now."""
        if self._loading:
            self._loading.cancel()
        await super().shutdown(sockets)

    async def _await_models(self) -> None:
        await self._service.until_loaded()
        if self._service.state is State.READY:
            self.on_up()

    def make_door(self, source: socket.socket, take: Callable[[], socket.socket]) -> Door:
        """Make a door to this server, for connections that `take` has when the source is readable."""
        config = self.config

        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

        return Door(source, take, protocol, config.ssl, self._service.settings.handshake_s)

    def handle_signals(self) -> None:
        """Drain on SIGINT and SIGTERM, and on SIGHUP, unless nohup has that ignored."""
        loop = asyncio.get_running_loop()
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.drain)
        except NotImplementedError:
            # Windows' event loop hears of none.
            self._on_exit = partial(loop.call_soon_threadsafe, self.drain)
            return
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGHUP, self.hang_up)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take signals that come before the event loop's handlers are in place, or where it has none."""
        self._on_exit()


def _accept(listener: socket.socket) -> socket.socket:
    return listener.accept()[0]


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    """Choose uvloop where there is one: not on Windows."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.Loop
