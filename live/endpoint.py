"""The websocket's endpoint: who may come in, from the handshake to the connection.

A refusal is said over HTTP, before the upgrade, as every other fault of a request is.
"""

import contextlib
import logging
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from live import gate
from live.connection import Connection
from live.errors import LiveError, NotFound
from live.messages import PATH, Close, fault_body
from live.service import Service
from live.transport.shortcut import offered

log = logging.getLogger(__name__)


class LiveEndpoint:
    """The ASGI application behind `GET /v1/live`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one websocket from its handshake to its end."""
        try:
            subprotocol = self._check(scope)
            await self._service.until_ready()
            connection = Connection(self._service, gate.address_of(scope))
            self._service.members.enter(connection)
        except LiveError as refusal:
            self._service.metrics.refusals[refusal.code] += 1
            await WebSocket(scope, receive, send).send_denial_response(refuse(refusal))
            return
        try:
            await receive()
            await send({"type": "websocket.accept", "subprotocol": subprotocol})
            await connection.run(receive, send, offered(scope))
        except OSError:
            # Who comes while the models are loaded may have left since.
            pass
        except Exception:
            log.exception("A session failed")
            # It may be the client's leaving that was not expected.
            with contextlib.suppress(OSError, RuntimeError):
                await send(
                    {"type": "websocket.close", "code": Close.INTERNAL.code, "reason": Close.INTERNAL.reason}
                )
        finally:
            self._service.members.leave(connection)
            connection.log_end()

    def _check(self, scope: Scope) -> str | None:
        headers, protocols = Headers(scope=scope), scope["subprotocols"]
        gate.check_origin(headers, self._service.settings.allow_origin)
        gate.check_token(headers, protocols, self._service.settings.token)
        return gate.choose_subprotocol(protocols)


async def turn_away(websocket: WebSocket) -> None:
    """Tell who asks for a websocket anywhere else where it is."""
    path = websocket.url.path
    await websocket.send_denial_response(refuse(NotFound(f"Expected a websocket at {PATH}, got {path}")))


def refuse(error: LiveError) -> JSONResponse:
    """Say a fault over HTTP."""
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    elif error.is_retryable:
        headers["Retry-After"] = "1"
    if error.status == HTTPStatus.REQUEST_TIMEOUT:
        # The rest of the body would keep the connection.
        headers["Connection"] = "close"
    return JSONResponse(fault_body(error.code, error.message), error.status, headers)
