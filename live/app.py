"""The ASGI application: routes, gate and lifespan.

Any ASGI server can run `create_app(Settings())`; `live-digits serve` does with uvicorn.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from live import gate
from live.endpoint import LiveEndpoint, refuse, turn_away
from live.errors import Internal, LiveError
from live.messages import PATH
from live.routes import answer_http_exception, http_routes
from live.service import Service
from live.settings import Settings


def create_app(
    settings: Settings, service: Service | None = None, *, starts_loaded: bool = False
) -> Starlette:
    """Build the application; it loads nothing before its lifespan starts.

    starts_loaded: the lifespan's start waits for the models, so that nobody meets a server without them.
    """
    service = service or Service(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(service.run())
        try:
            if starts_loaded:
                await service.until_loaded()
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    origins = list(settings.allow_origin)
    cors = [Middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"])]
    return _App(
        routes=[
            WebSocketRoute(PATH, LiveEndpoint(service)),
            WebSocketRoute("/{elsewhere:path}", turn_away),
            *http_routes(service),
        ],
        lifespan=lifespan,
        middleware=[*(cors if origins else []), Middleware(_Gate, settings)],
        exception_handlers={
            LiveError: _answer_live_error,
            HTTPException: answer_http_exception,
            # Starlette has it logged, too.
            Exception: _answer_fault,
        },
    )


class _App(Starlette):
    """Starlette, with websockets led past its middleware, which is HTTP's: each layer costs every message."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope["app"] = self
            await self.router(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Gate:
    """Asks the gate before any HTTP route under /v1/; the websocket asks for itself."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            headers = Headers(scope=scope)
            try:
                gate.check_origin(headers, self._settings.allow_origin)
                gate.check_token(headers, (), self._settings.token)
            except LiveError as refusal:
                await refuse(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _answer_live_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, LiveError)
    return refuse(error)


async def _answer_fault(_: Request, __: Exception) -> Response:
    return refuse(Internal("Expected to answer, but something here failed, see the server's log"))
