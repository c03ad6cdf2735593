"""The same application on Ray Serve: many machines, one address.

    live-digits cluster --replicas 4
    serve run live.cluster:app replicas=4

Each replica is a whole server with its models inside: a call from one process to another costs more than such
a model does. A large model may have replicas of its own (`--model-replicas`), which take whole batches.

What this module adds to Ray: a replica that is to end may finish its requests, but a websocket is a request
that does not end by itself; so a replica finds out that it is to end, and lets its sessions go.
"""

import argparse
import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from live import apart, logs, recogniser
from live.app import create_app
from live.errors import StartError
from live.gate import in_both_ways
from live.service import Service, State
from live.settings import CLUSTER_KNOBS, ClusterSettings, add_flags, read_flags
from live.tuning import tune
from live.verdict import Scores

if TYPE_CHECKING:
    from ray.serve import Application

_APP, _SERVERS, _MODELS = "live-digits", "servers", "models"
log = logging.getLogger(__name__)

_CHECK_S = 2.0
"""How often Ray asks a replica for its health."""
_SILENT_CHECKS = 3
"""So many checks left out: perhaps the replica is to end, which Ray's status then tells."""
_HTTP_SLOTS = 64
"""Requests besides websockets that a replica takes at once."""
_MODEL_SLOTS = 8
"""Batches that wait at, or run in, a replica that has nothing but models."""
_RETRY_AFTER_S = (0.0, 0.2, 1.0)
"""Until Ray knows of a replica that is gone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every setting that means something on a cluster."""
    add_flags(parser, CLUSTER_KNOBS)


def main(options: argparse.Namespace) -> int:
    """Serve on the cluster that RAY_ADDRESS names, or on one of this machine alone, until told to stop."""
    settings = read_flags(options, ClusterSettings)
    try:
        from ray import serve
    except ImportError:
        raise StartError("Expected Ray: pip install 'live-digits[cluster]'") from None
    # No timeout: a session is one long request.
    serve.start(http_options={"host": settings.host, "port": settings.port, "request_timeout_s": None})
    # Ray's own handler, there by now, aborts.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        serve.run(_build(settings), name=_APP, route_prefix="/")
        url = f"http://{settings.host}:{settings.port}"
        print(f"Live Digits is on {url} ({settings.replicas} replicas; Ctrl+C stops it)", flush=True)
        while True:
            time.sleep(3600)
    serve.delete(_APP)
    serve.shutdown()
    return 0


def app(arguments: Mapping[str, str]) -> "Application":
    """Build the application for `serve run`, from settings by name."""
    return _build(read_arguments(arguments))


def read_arguments(arguments: Mapping[str, str]) -> ClusterSettings:
    """Make settings of what `serve run`, or a file that Ray deploys, gives by name."""
    parser = argparse.ArgumentParser("live.cluster:app")
    add_arguments(parser)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in arguments.items()]
    options = parser.parse_args(flags)
    return read_flags(options, ClusterSettings)


def _build(settings: ClusterSettings) -> "Application":
    from ray import serve

    ends_within_s = _CHECK_S * (_SILENT_CHECKS + 2) + settings.drain_s + 10
    common = {
        "health_check_period_s": _CHECK_S,
        "health_check_timeout_s": 30,
        "ray_actor_options": {"num_cpus": settings.cores_per_replica},
    }
    models = None
    if settings.model_replicas:
        models = serve.deployment(
            _Models,
            name=_MODELS,
            num_replicas=settings.model_replicas,
            max_ongoing_requests=_MODEL_SLOTS,
            **common,
        ).bind(settings)
    server = serve.deployment(
        serve.ingress(_Application(settings))(_Replica),
        name=_SERVERS,
        num_replicas=settings.replicas,
        max_ongoing_requests=settings.max_sessions + _HTTP_SLOTS,
        graceful_shutdown_timeout_s=ends_within_s,
        graceful_shutdown_wait_loop_s=1,
        **common,
    )
    return server.bind(models)


class _Application:
    """The ASGI application of a replica, made only when it has come there: till then it is mere settings."""

    def __init__(self, settings: ClusterSettings) -> None:
        self.settings = settings

    def __reduce__(self) -> tuple[Any, ...]:
        return (_Application, (self.settings,))

    @cached_property
    def service(self) -> Service:
        """The service behind it."""
        logs.configure(self.settings.log_format == "json", self.settings.log_level)
        tune()
        if not self.settings.model_replicas:
            return Service(self.settings)
        return Service(self.settings, load=apart.load_apart(_ask_models, asyncio.get_running_loop()))

    @cached_property
    def _app(self) -> Any:
        app: Any = create_app(self.settings, self.service, starts_loaded=True)
        trusted = in_both_ways(self.settings.trusted_proxies)
        return ProxyHeadersMiddleware(app, trusted) if trusted else app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        await self._app(scope, receive, send)


class _Replica:
    """A server on the cluster, as Ray sees it: well or not, and at some point to be ended.

    All in one event loop.
    """

    app: _Application
    """As `serve.ingress` has it."""

    def __init__(self, _: Any) -> None:
        """Takes the models' deployment only so that Ray deploys it too."""
        self._checked_at = time.monotonic()
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def check_health(self) -> None:
        """Tell Ray whether sessions should come here. Raises RuntimeError if not."""
        self._checked_at = time.monotonic()
        service = self.app.service
        if service.health != State.READY.value:
            raise RuntimeError(f"Expected a server that is ready, got {service.health}: {service.failure}")

    async def _watch(self) -> None:
        """Drain when Ray has begun to end this replica: it does not say so, but asks for no health."""
        while True:
            await asyncio.sleep(_CHECK_S / 2)
            silent_s = time.monotonic() - self._checked_at
            if silent_s > _SILENT_CHECKS * _CHECK_S and await self._is_ending():
                await self.app.service.drain()
                return

    async def _is_ending(self) -> bool:
        try:
            return await asyncio.to_thread(_is_any_server_stopping)
        except Exception:
            log.exception("Ray's controller could not be asked")
            return False


def _is_any_server_stopping() -> bool:
    """Ask Ray's controller: it may leave out checks because it is busy, or was started anew."""
    from ray import serve

    name = serve.get_replica_context().app_name
    application = serve.status().applications.get(name)
    servers = application and application.deployments.get(_SERVERS)
    return not servers or bool(servers.replica_states.get("STOPPING", 0))


class _Models:
    """Models without a server: takes batches from any server's predict thread, one at a time."""

    def __init__(self, settings: ClusterSettings) -> None:
        self._scores = {
            card.name: recogniser.load(card, settings.weights, settings.engine).scores
            for card in recogniser.find_cards(settings.weights)
        }
        self._thread = ThreadPoolExecutor(1)

    async def predict(self, model: str, images: apart.Bytes) -> Scores:
        """Take a batch of images (N, 28, 28) to scores (N, 10 or 11)."""
        scores = self._scores[model]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: scores(apart.from_bytes(images)))


async def _ask_models(model: str, images: apart.Bytes) -> Scores:
    from ray import serve
    from ray.exceptions import RayError

    handle = serve.get_deployment_handle(_MODELS, serve.get_replica_context().app_name)
    for wait_s in (*_RETRY_AFTER_S, None):
        try:
            scores: Scores = await handle.predict.remote(model, images)
        except RayError:
            # A replica may die, or be replaced, with the batch; another one takes it.
            if wait_s is None:
                raise
            await asyncio.sleep(wait_s)
        else:
            return scores
    raise AssertionError
