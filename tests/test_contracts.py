"""The contracts: valid, served, and kept by the server."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, get_args

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis import Case
from starlette.routing import Route

from live import contracts
from live.errors import LiveError, TooFast, TooMany
from live.load.mail import Code
from live.settings import Settings
from tests.conftest import ROOT, RunningServer, require
from tests.live.drawings import DRAWINGS, binary_ink
from tests.live.pages import archive, draw, encoded
from tests.talk import ask, receive, session, whole


@schemathesis.serializer("application/zip", "application/octet-stream", "image/*")
def serialize(_: object, value: object) -> bytes:
    """Send whatever was made up as if it were a file."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


schema = schemathesis.openapi.from_dict(contracts.openapi())


def check(document: dict[str, Any], name: str, value: object) -> None:
    """Check a message against its schema in a contract."""
    schemas = {**document, "$ref": f"#/components/schemas/{name}"}
    jsonschema.Draft202012Validator(schemas).validate(value)


@pytest.mark.parametrize("name", ["asyncapi", "openapi"])
def test_contracts_are_served(server: RunningServer, name: str) -> None:
    served = httpx.get(f"{server.url}v1/{name}.json", timeout=60).json()
    assert served == getattr(contracts, name)()


def test_the_http_contract_is_valid() -> None:
    validate(contracts.openapi())


def test_the_websocket_contract_is_valid(node: str, tmp_path: Path) -> None:
    parser = ROOT / "node_modules" / "@asyncapi" / "parser"
    require(str(parser) if parser.is_dir() else None, "AsyncAPI's own parser: npm install")
    document = tmp_path / "asyncapi.json"
    document.write_text(json.dumps(contracts.asyncapi()))
    script = ROOT / "tests" / "clients" / "asyncapi.mjs"
    found = subprocess.run([node, script, document], capture_output=True, text=True, check=False, timeout=120)
    assert (found.stdout, found.stderr, found.returncode) == ("3.1.0\n", "", 0)


async def test_every_message_is_as_the_contract_says(server: RunningServer) -> None:
    document = contracts.asyncapi()
    ink = {"type": "ink", "seq": 1, "strokes": whole(DRAWINGS["two"])}
    configure = {"type": "configure", "include": ["input", "explanation"]}
    check(document, "InkMessage", json.loads(json.dumps(ink)))
    check(document, "Configure", configure)
    async with session(server) as socket:
        check(document, "Configured", await ask(socket, json.dumps(configure)))
        check(document, "Prediction", await ask(socket, binary_ink(whole(DRAWINGS["two"]), 0)))
        check(document, "Explanation", await receive(socket))
        check(document, "Prediction", await ask(socket, json.dumps(ink)))
        check(document, "Explanation", await receive(socket))
        check(document, "Error", await ask(socket, json.dumps(ink)))
    with pytest.raises(jsonschema.ValidationError):
        check(document, "Prediction", {"type": "prediction"})


def test_each_place_names_the_faults_that_it_tells() -> None:
    said = contracts.asyncapi()["components"]["schemas"]["Error"]["properties"]["code"]["examples"]
    assert said == [
        "bad_message",
        "bad_picture",
        "internal",
        "overloaded",
        "stale_seq",
        "too_fast",
        "too_large",
        "unknown_model",
    ]
    said = contracts.openapi()["components"]["schemas"]["Fault"]["properties"]["code"]["examples"]
    assert {"unauthorised", "too_slow", "unsupported_media_type"} < set(said)
    assert "stale_seq" not in said


@pytest.mark.parametrize("strokes", [[[[1]]], [[[]]]])
def test_what_is_no_point_is_none_by_the_contract(server: RunningServer, strokes: list[Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(contracts.openapi(), "InkBody", {"strokes": strokes})
    assert httpx.post(server.url + "v1/predict", json={"strokes": strokes}, timeout=60).status_code == 400


def test_the_wire_names_all_its_messages() -> None:
    schemas = contracts.asyncapi()["components"]["schemas"].values()
    types = {s["properties"]["type"]["enum"][0] for s in schemas if "type" in s["properties"]}
    assert types == {
        "configure",
        "ink",
        "ready",
        "configured",
        "prediction",
        "explanation",
        "error",
        "goaway",
    }


def test_lines_of_a_batch_are_as_the_contract_says(server: RunningServer) -> None:
    document = contracts.openapi()
    zipped = archive([("good.png", encoded(draw("two"))), ("bad.png", b"no")])
    for line in map(
        json.loads, httpx.post(server.url + "v1/batch", content=zipped, timeout=60).text.splitlines()
    ):
        if "summary" in line:
            check(document, "LastLine", line)
        else:
            check(document, "FaultLine" if "error" in line else "PredictionLine", line)


def test_every_route_is_in_the_contract() -> None:
    from live.app import create_app

    routes = create_app(Settings()).routes
    served = {route.path for route in routes if isinstance(route, Route)}
    undescribed = {"/", "/{name}", "/v1/live", "/metrics", "/v1/asyncapi.json", "/v1/openapi.json", "/docs"}
    assert served - undescribed == set(contracts.openapi()["paths"])


def test_every_fault_of_a_prediction_is_in_the_contract() -> None:
    faults = {str(kind.status) for kind in LiveError.__subclasses__() if kind not in (TooFast, TooMany)}
    assert faults <= set(contracts.openapi()["paths"]["/v1/predict"]["post"]["responses"])


@schema.parametrize()
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_gets_an_answer_that_is_not_in_the_contract(
    server: RunningServer, case: Case[Any]
) -> None:
    response = case.call(base_url=server.url.rstrip("/"))
    case.validate_response(
        response,
        checks=[
            schemathesis.checks.not_a_server_error,
            schemathesis.checks.status_code_conformance,
            schemathesis.checks.content_type_conformance,
            schemathesis.checks.response_schema_conformance,
        ],
    )


def test_the_page_about_the_contracts_loads_nothing_from_elsewhere(server: RunningServer) -> None:
    found = httpx.get(server.url + "docs", timeout=60)
    assert found.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in found.headers["content-security-policy"]
    names = ("/v1/live", "/v1/batch", "BinaryPicture", "id='Prediction'")
    details = (
        "?model=",
        "multipart/form-data",
        "field <code>picture",
        "#LastLine",
        "1012: restart",
        "Bearer",
    )
    for each in names + details:
        assert each in found.text
    assert not re.search(r"(src|href)='?https?:", found.text)


def test_a_load_test_knows_every_code_that_a_session_is_told() -> None:
    assert set(get_args(Code)) == set(contracts.error_codes("session"))
