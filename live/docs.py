"""The page that people read about the contracts: plain HTML, nothing loaded from elsewhere."""

import json
from html import escape
from typing import Any

from live.contracts import asyncapi, openapi


def page() -> str:
    """Render the contracts as HTML."""
    live, http = asyncapi(), openapi()
    schemas = {**http["components"]["schemas"], **live["components"]["schemas"]}
    body = [
        f"<h1>{escape(live['info']['title'])} {escape(live['info']['version'])}</h1>",
        "<p>For machines: <a href='v1/asyncapi.json'>AsyncAPI</a>, "
        "<a href='v1/openapi.json'>OpenAPI</a>.</p>",
        "<h2>The websocket <code>GET /v1/live</code></h2>",
        *(f"<p>{_prose(part)}</p>" for part in live["info"]["description"].split("\n\n")),
        *(_operation(live, name) for name in live["operations"]),
        f"<h2>HTTP</h2><p>{_prose(http['info']['description'])}</p>",
        *(
            _route(method, path, route)
            for path, methods in http["paths"].items()
            for method, route in methods.items()
        ),
        "<h2>Types</h2>",
        *(_schema(name, schema) for name, schema in schemas.items()),
    ]
    return _FRAME.format(body="\n".join(body))


_FRAME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Live Digits: how to talk to it</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
body {{ max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ overflow-x: auto; padding: .75rem; background: #8882; border-radius: .25rem; }}
h3 {{ margin-bottom: 0; }}
</style>
<main>
{body}
</main>
</html>
"""


def _operation(live: dict[str, Any], name: str) -> str:
    operation = live["operations"][name]
    names = [message["$ref"].rsplit("/", 1)[1] for message in operation["messages"]]
    messages = live["components"]["messages"]
    items = [f"<b>{_link(each, messages[each])}</b> {_prose(messages[each]['summary'])}" for each in names]
    return f"<h3>{_prose(operation['summary'])}</h3>{_list(items)}"


def _link(name: str, message: dict[str, Any]) -> str:
    return f"<a href='#{name}'>{name}</a>" if "$ref" in message["payload"] else name


def _route(method: str, path: str, route: dict[str, Any]) -> str:
    asked = [
        f"<code>?{escape(each['name'])}=</code> {_prose(each['description'])}"
        for each in route.get("parameters", ())
    ]
    bodies = _contents(route.get("requestBody", {}))
    answers = [
        f"{status}: {escape(answer['description'])}{''.join(f' {each}' for each in _contents(answer))}"
        for status, answer in route["responses"].items()
    ]
    parts = (("", asked), ("Bodies:", bodies), ("Answers:", answers))
    lists = (title + _list(items) for title, items in parts if items)
    heading = f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
    return f"{heading}<p>{_prose(route['summary'])}</p>{''.join(lists)}"


def _list(items: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _contents(told: dict[str, Any]) -> list[str]:
    """Say of a body or an answer which types of content it may have, and what is in them."""
    found = []
    for kind, content in told.get("content", {}).items():
        schema = content.get("schema") or content.get("x-line") or {}
        kinds = [each["$ref"].rsplit("/", 1)[1] for each in schema.get("oneOf", [schema]) if "$ref" in each]
        fields = [f"field <code>{escape(name)}</code>" for name in schema.get("properties", ())]
        inside = ", ".join([f"<a href='#{name}'>{name}</a>" for name in kinds] + fields)
        found.append(f"<code>{escape(kind)}</code>{f' ({inside})' if inside else ''}")
    return found


def _schema(name: str, schema: dict[str, Any]) -> str:
    text = json.dumps(schema, indent=1, ensure_ascii=False)
    return f"<h3 id='{name}'>{name}</h3><pre>{escape(text)}</pre>"


def _prose(text: str) -> str:
    """Escape text, and set what is between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
