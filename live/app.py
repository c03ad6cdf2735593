"""The ASGI application: routes and lifespan.

app = create_app(Settings())      # any ASGI server can run it; `live-digits serve` does with uvicorn
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute

from live.connection import LiveEndpoint, refuse
from live.errors import LiveError
from live.routes import answer_http_exception, http_routes
from live.service import Service
from live.settings import Settings


def create_app(settings: Settings, service: Service | None = None) -> Starlette:
    """Build the application; it loads nothing before its lifespan starts."""
    service = service or Service(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(service.run())
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    return Starlette(
        routes=[WebSocketRoute("/v1/live", LiveEndpoint(service)), *http_routes(service)],
        lifespan=lifespan,
        exception_handlers={LiveError: _answer_live_error, HTTPException: answer_http_exception},
    )


async def _answer_live_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, LiveError)
    return refuse(error)
