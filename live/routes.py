"""The HTTP routes: the page, the models, and whether the server is well."""

from http import HTTPMethod, HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from live import contracts, docs
from live.asking import prediction_routes
from live.gate import address_of
from live.messages import PATH, fault_body
from live.metrics import expose
from live.page import Page, is_known
from live.service import Service, State
from live.settings import FRONTEND

_PAGE_METHODS = ("GET", "HEAD")
_PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def http_routes(service: Service) -> list[BaseRoute]:
    """List the routes, most of them bound to the service; the page comes last, as it takes what is left."""

    async def healthz(_: Request) -> Response:
        """Alive: the event loop turns."""
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        """Ready to be sent sessions; 503 with the reason while loading, draining, stuck or failed."""
        health = service.health
        status = HTTPStatus.OK if health == State.READY.value else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"status": health}, status)

    async def metrics(_: Request) -> Response:
        """Tell Prometheus, of all workers if there are several."""
        text, content_type = expose(await service.all_numbers())
        return Response(text, headers={"Content-Type": content_type})

    async def models(_: Request) -> Response:
        """List the models with their cards."""
        await service.until_ready()
        cards = [
            {**msgspec.json.decode(card.raw), **msgspec.structs.asdict(model)}
            for card, model in zip(service.cards, service.models, strict=True)
        ]
        return JSONResponse({"models": cards})

    async def live(request: Request) -> Response:
        """Tell a page, whose browser won't, why its websocket was refused; 426 if it would not be."""
        await service.until_ready()
        service.members.check_room(address_of(request.scope))
        raise HTTPException(HTTPStatus.UPGRADE_REQUIRED, "Expected a websocket", {"Upgrade": "websocket"})

    files = Page(FRONTEND)

    async def page(request: Request) -> Response:
        """Serve the page's files, to be asked for afresh, and allowed nothing from elsewhere."""
        file = files.find(request.path_params.get("name", "index.html"))
        if not file and request.url.path not in paths:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if not file or request.method not in _PAGE_METHODS:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(_PAGE_METHODS)})
        body, tag, encoding = file.copy_for(request.headers.get("accept-encoding", ""))
        headers = {**_PAGE_HEADERS, "ETag": tag, "Vary": "Accept-Encoding"}
        if is_known(tag, request.headers.get("if-none-match", "")):
            return Response(None, HTTPStatus.NOT_MODIFIED, headers)
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(body, headers={**headers, "Content-Type": file.media_type})

    routes = [
        *prediction_routes(service),
        Route("/v1/asyncapi.json", _describe_websocket),
        Route("/v1/openapi.json", _describe_http),
        Route("/docs", _describe_to_people),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/v1/models", models),
        Route(PATH, live),
        Route("/", page),
        # Of any method: only the page knows what it has no file for.
        Route("/{name}", page, methods=list(HTTPMethod)),
    ]
    paths = {route.path for route in routes if isinstance(route, Route) and "{" not in route.path}
    return routes


async def _describe_websocket(_: Request) -> Response:
    return JSONResponse(contracts.asyncapi())


async def _describe_http(_: Request) -> Response:
    return JSONResponse(contracts.openapi())


async def _describe_to_people(_: Request) -> Response:
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    return HTMLResponse(docs.page(), headers={**_PAGE_HEADERS, "Content-Security-Policy": policy})


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Say Starlette's own faults (no such route, wrong method) as ours."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    message = error.detail
    if status == HTTPStatus.NOT_FOUND:
        message = f"Expected a path of this server's, see /docs, got {request.url.path}"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"Expected {(error.headers or {}).get('Allow')}, got {request.method}"
    return JSONResponse(fault_body(status.name.lower(), message), status, error.headers)
