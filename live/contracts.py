"""The contracts: AsyncAPI 3.1 for the websocket, OpenAPI 3.1 for HTTP.

Their schemas are made from the message types themselves, so that neither can drift from what is spoken.
Served at /v1/asyncapi.json and /v1/openapi.json, and for people at /docs.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from live import __version__
from live.bulk import FaultLine, LastLine
from live.errors import LiveError, Place
from live.explaining.explanation import Explanation
from live.messages import (
    PATH,
    PROTOCOL,
    SUBPROTOCOL,
    Close,
    Configure,
    Configured,
    Error,
    FaultBody,
    GoAway,
    InkBody,
    InkMessage,
    Limits,
    Model,
    Prediction,
    Ready,
)

TITLE = "Live Digits"
FROM_CLIENT: tuple[type, ...] = (Configure, InkMessage)
FROM_SERVER: tuple[type, ...] = (Ready, Configured, Prediction, Explanation, Error, GoAway)
BINARY = {
    "BinaryInk": (
        "A snapshot as binary ink, little-endian: u8 kind = 1, u8 form = 0, u16 number of strokes, u32 seq, "
        "u32 rev; then a u16 point count for each stroke; then every point as i16 x, i16 y."
    ),
    "BinaryPicture": (
        "A snapshot as a picture, little-endian: u8 kind = 2, u8 form, u16 n, u32 seq, u32 rev. Form 0: n is "
        "the width and the rest rows of grey bytes, 0 black to 255 white, of any polarity. Form 1: n is 0 "
        "and the rest a PNG, JPEG, WebP, GIF or BMP file."
    ),
}
_SESSION = (
    f"Handwritten digits, read while they are drawn. Protocol version {PROTOCOL}, subprotocol "
    f"`{SUBPROTOCOL}`. Text frames are JSON objects with a type; binary frames are snapshots.\n\n"
    "Each snapshot is the whole drawing as it is then. It has a number, `seq`, higher than any before; `rev` "
    "is one higher after what was drawn has been taken away, and never falls. x points to the right and y "
    "down, in any unit and from any origin. Predictions carry rising numbers; an older snapshot that still "
    "waits when a newer one comes is never computed, only counted in `dropped`. The last snapshot is always "
    "answered.\n\n"
    "A server may ask for a token: `Authorization: Bearer …` or, from a browser, `live-digits.token.…` as "
    "another subprotocol. A handshake is refused with 400 where other subprotocols alone are offered, 401 "
    "without that token, 403 from a page of another site, 404 at another path, 429 where one address has too "
    "many sessions, and 503, with `Retry-After`, by a server that is full, loading or about to stop."
)
_STARLETTES = ("method_not_allowed", "unsupported_media_type", "upgrade_required")
"""Codes of faults that it finds, in the words of HTTP."""


class PredictionLine(Prediction, tag="prediction", kw_only=True):
    """A picture of a batch and its prediction."""

    name: str


class _Card(Model, frozen=True):
    """A model with its card; what else is on the card is up to who trained it."""


class _Models(msgspec.Struct, frozen=True):
    """All models that are served."""

    models: list[_Card]


class _Status(msgspec.Struct, frozen=True):
    """How the server is."""

    status: str


def error_codes(place: Place) -> list[str]:
    """List the codes of all faults that a client may be told there."""
    kinds: list[type[LiveError]] = [LiveError, *_descendants(LiveError)]
    return sorted({kind.code for kind in kinds if place in kind.places})


def asyncapi() -> dict[str, Any]:
    """Describe the websocket."""
    schemas = _schemas([*FROM_CLIENT, *FROM_SERVER, Limits])
    schemas["Error"]["properties"]["code"]["examples"] = error_codes("session")
    texts = {kind.__name__: _text_message(kind) for kind in (*FROM_CLIENT, *FROM_SERVER)}
    binaries = {name: _binary_message(name, summary) for name, summary in BINARY.items()}
    incoming = [kind.__name__ for kind in FROM_CLIENT] + list(BINARY)
    outgoing = [kind.__name__ for kind in FROM_SERVER]
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": __version__,
            "description": f"{_SESSION}\n\n{_closes()}",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "live": {
                "address": PATH,
                "summary": "One session: snapshots in, predictions out.",
                "messages": {name: _ref("messages", name) for name in [*texts, *binaries]},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            "draw": _operation("receive", incoming, "What a client sends."),
            "answer": _operation("send", outgoing, "What the server sends; `ready` comes first."),
        },
        "components": {"messages": {**texts, **binaries}, "schemas": schemas},
    }


def openapi() -> dict[str, Any]:
    """Describe the HTTP routes."""
    kinds = [Prediction, InkBody, FaultBody, PredictionLine, FaultLine, LastLine, _Models, _Status]
    schemas = _schemas(kinds)
    schemas["Fault"]["properties"]["code"]["examples"] = sorted({*error_codes("http"), *_STARLETTES})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": __version__,
            "description": (
                "Handwritten digits, read from pictures and ink. Of ink x points to the right and y down, in "
                "any unit and from any origin. A server may ask for a token: `Authorization: Bearer …`."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": {
            "/v1/predict": {"post": _predict()},
            "/v1/batch": {"post": _batch()},
            "/v1/models": {"get": _get("models", "List the models with their cards.", "_Models", "503")},
            "/healthz": {"get": _get("healthz", "Say whether the server is alive.", "_Status")},
            "/readyz": {
                "get": {
                    **_get("readyz", "Say whether the server takes sessions.", "_Status"),
                    "responses": {
                        "200": _json_response("It does.", "_Status"),
                        "503": _json_response("It is loading or draining.", "_Status"),
                    },
                }
            },
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _closes() -> str:
    told = [*((close.code, close.reason) for close in Close), (1009, "a frame that is too large")]
    return "The server closes with " + ", ".join(f"{code}: {why}" for code, why in sorted(told)) + "."


def _predict() -> dict[str, Any]:
    picture = {"type": "object", "properties": {"picture": _FILE}, "required": ["picture"]}
    content = {
        "image/*": {},
        "application/octet-stream": {},
        "multipart/form-data": {"schema": picture},
        "application/json": {"schema": _ref("schemas", "InkBody")},
    }
    return {
        "operationId": "predict",
        "summary": "Read one picture, or ink.",
        "parameters": _PARAMETERS,
        "requestBody": {"required": True, "content": content},
        "responses": {"200": _json_response("The prediction.", "Prediction"), **_faults(_PREDICT_FAULTS)},
    }


def _batch() -> dict[str, Any]:
    pictures = {"type": "object", "properties": {"picture": {"type": "array", "items": _FILE}}}
    content = {
        "multipart/form-data": {"schema": pictures},
        "application/zip": {},
        "image/*": {},
        "application/octet-stream": {},
    }
    line = {"oneOf": [_ref("schemas", name) for name in ("PredictionLine", "FaultLine", "LastLine")]}
    return {
        "operationId": "batch",
        "summary": "Read many pictures and ZIP files of them: a line each as they are done, then a summary.",
        "parameters": _PARAMETERS,
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "JSON objects, one a line, in the order in which they are done.",
                # OpenAPI 3.1 describes the stream's lines; 3.2 will have a word for that.
                "content": {"application/x-ndjson": {"x-line": line}},
            },
            **_faults(_BATCH_FAULTS),
        },
    }


# 3.1 has a word of its own for bytes, but generators of clients know them by 3.0's.
_FILE = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
_PARAMETERS = [
    {
        "name": "model",
        "in": "query",
        "description": "Which model reads; GET /v1/models lists them.",
        "schema": {"type": "string"},
    },
    {
        "name": "include",
        "in": "query",
        "description": "`input`: what the model saw, base64 of 28×28 bytes; `explanation`: why it read that. "
        "Both: `input,explanation`.",
        "schema": {"type": "string"},
    },
]
_FAULTS = {
    "400": "The request can't be read.",
    "401": "A token is asked for and missing or wrong.",
    "403": "A page of another site.",
    "404": "No such model.",
    "408": "A body that does not come in.",
    "413": "Too large.",
    "415": "Neither a picture, nor JSON, nor a form; or a body in a Content-Encoding.",
    "422": "No picture that can be decoded.",
    "500": "A fault of the server's own.",
    "503": "Loading, draining or full.",
}
_PREDICT_FAULTS = list(_FAULTS)
_BATCH_FAULTS = [status for status in _FAULTS if status != "422"]


def _get(name: str, summary: str, schema: str, *faults: str) -> dict[str, Any]:
    responses = {"200": _json_response(summary, schema), **_faults(["401", "403", *faults] if faults else [])}
    return {"operationId": name, "summary": summary, "responses": responses}


def _faults(statuses: list[str]) -> dict[str, Any]:
    return {status: _json_response(_FAULTS[status], "FaultBody") for status in statuses}


def _json_response(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref("schemas", schema)}}
    return {"description": description, "content": content}


def _operation(action: str, names: list[str], summary: str) -> dict[str, Any]:
    channel = "#/channels/live"
    messages = [{"$ref": f"{channel}/messages/{name}"} for name in names]
    return {"action": action, "channel": {"$ref": channel}, "summary": summary, "messages": messages}


def _text_message(kind: type) -> dict[str, Any]:
    summary = (kind.__doc__ or "").splitlines()[0]
    return {"name": kind.__name__, "summary": summary, "payload": _ref("schemas", kind.__name__)}


def _binary_message(name: str, summary: str) -> dict[str, Any]:
    content = {"contentType": "application/octet-stream", "payload": {"type": "string", "format": "binary"}}
    return {"name": name, "summary": summary, **content}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _schemas(kinds: Sequence[type]) -> dict[str, Any]:
    return msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")[1]


def _descendants(kind: type[LiveError]) -> list[type[LiveError]]:
    children = kind.__subclasses__()
    return [*children, *(found for child in children for found in _descendants(child))]
