"""A server inside the test's own event loop: real sockets, and its parts at hand to be broken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from live.server import Server, configure
from live.service import Service
from live.settings import Settings
from live.transport.listening import listen

CLASSIC = Settings(port=0, model="classic")


@asynccontextmanager
async def serving(settings: Settings = CLASSIC) -> AsyncIterator[tuple[str, int]]:
    """Run a server in this event loop; where it is."""
    async with serving_openly(settings) as (_, place):
        yield place


@asynccontextmanager
async def serving_openly(settings: Settings) -> AsyncIterator[tuple[Server, tuple[str, int]]]:
    """Run a server in this event loop, to be told what a signal would tell it; and where it is."""
    service = Service(settings)
    server = Server(configure(settings, service), service)
    server.handle_signals = lambda: None  # type: ignore[method-assign]
    with listen(settings) as listener:
        running = asyncio.create_task(server.serve([listener]))
        await service.until_loaded()
        try:
            yield server, listener.getsockname()[:2]
        finally:
            server.stop()
            await running
