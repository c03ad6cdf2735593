"""One worker of several: the server of `server.py` in a process that supervisor.py starts, watches and ends.
It takes connections only once its models are loaded: until then they wait in the kernel's queue.
"""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from live import logs
from live.census import SharedCensus
from live.errors import Overloaded
from live.server import Server, configure, new_runner
from live.service import Service, State
from live.settings import Settings
from live.transport.door import Door
from live.transport.listening import take_over
from live.workers.orders import (
    Alive,
    Ask,
    Drain,
    Failed,
    News,
    Numbers,
    Order,
    Post,
    Ready,
    Stop,
    Tell,
    Totals,
)

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

ALIVE_EVERY_S = 1.0
_MAX_WAIT_FOR_TOTALS_S = 5.0


def run(settings: Settings, post: Post) -> None:
    """Serve until told to end, or until the parent is gone. What a worker's process runs."""
    logs.configure(settings.log_format == "json", settings.log_level)
    with new_runner() as runner:
        runner.run(_serve(settings, post))


async def _serve(settings: Settings, post: Post) -> None:
    service = Service(settings, SharedCensus(post.board, post.row))
    server = _Worker(settings, service, post)
    await server.serve([post.listener] if post.listener else [])
    if service.failure:
        post.control.send(Failed(str(service.failure)))


class _Worker(Server):
    """A server that does what its parent says.

    A thread of its own waits for orders; all else happens in the event loop, which alone sends.
    """

    def __init__(self, settings: Settings, service: Service, post: Post) -> None:
        super().__init__(configure(settings, service, starts_loaded=True), service)
        # uvicorn has none before it listens, but orders may come.
        self.servers = []
        self._control = post.control
        self._handed = post.handed
        self._door: Door | None = None
        """For connections that are handed over; open while it drains, for what was handed before."""
        self._totals: list[asyncio.Future[list[Metric]]] = []
        self._alive: asyncio.Task[None] | None = None
        service.all_numbers = self._ask

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Load, then take connections."""
        loop = asyncio.get_running_loop()
        self._listen_to(self._control.recv, self._obey, lambda: self._obey(Drain(True)))
        self._alive = loop.create_task(self._say_alive())
        await super().startup(sockets)
        if handed := self._handed:
            self._door = self.make_door(handed, lambda: take_over(handed))
            self._door.open()
        if self._service.state is State.READY:
            self._say(Ready())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and leave the last numbers behind."""
        if self._door:
            self._door.close()
        await super().shutdown(sockets)
        if self._alive:
            self._alive.cancel()
        self._say(Numbers(self._service.numbers()))

    def handle_signals(self) -> None:
        """Drain on SIGTERM; what the terminal sends to everyone is the parent's to handle."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.drain)

    def drain(self) -> None:
        """Let the sessions go, then stop. Asked again, go on: a signal to the whole group comes here, too."""
        if not self._draining:
            super().drain()

    def _listen_to(
        self, receive: Callable[[], Any], take: Callable[[Any], None], at_end: Callable[[], None]
    ) -> None:
        """Have a thread wait for what comes, and the event loop take it."""
        loop = asyncio.get_running_loop()

        def wait() -> None:
            # The loop may be closed by then.
            with contextlib.suppress(RuntimeError):
                with contextlib.suppress(OSError, EOFError):
                    while True:
                        loop.call_soon_threadsafe(take, receive())
                loop.call_soon_threadsafe(at_end)

        threading.Thread(target=wait, daemon=True).start()

    def _obey(self, order: Order) -> None:
        match order:
            case Drain(is_replaced):
                if is_replaced:
                    # Its connections that wait in the kernel's queue stay there for its successor.
                    for listening in self.servers:
                        listening.close()
                self.drain()
            case Stop():
                self.stop()
            case Tell():
                self._say(Numbers(self._service.numbers()))
            case Totals(families):
                asking, self._totals = self._totals, []
                for future in asking:
                    if not future.done():
                        future.set_result(families)

    async def _ask(self) -> "list[Metric]":
        """Have the parent add up everybody's numbers."""
        future: asyncio.Future[list[Metric]] = asyncio.get_running_loop().create_future()
        self._totals.append(future)
        self._say(Ask())
        try:
            return await asyncio.wait_for(future, _MAX_WAIT_FOR_TOTALS_S)
        except TimeoutError:
            raise Overloaded("Expected the other workers' numbers, but they did not come in time") from None

    async def _say_alive(self) -> None:
        while True:
            await asyncio.sleep(ALIVE_EVERY_S)
            self._say(Alive())

    def _say(self, news: News) -> None:
        # Without a parent there is nobody to tell, and Drain is under way.
        with contextlib.suppress(OSError):
            self._control.send(news)
