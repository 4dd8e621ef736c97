"""GET /api/openapi.json and /api/docs: the API described by what it is built from, readable without any script."""

from collections.abc import Iterable
from html import escape
from typing import Any

from flask import Blueprint, Flask, Response, current_app

from mmbatch_dash import __version__
from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.endpoints import ENDPOINTS, JSON, Endpoint, Parameter
from mmbatch_dash.api.schemas import build_schemas, named

_EVERYWHERE = (401, 403, 429, 503)
_ERRORS = {
    400: "A parameter or the body does not parse; the message names it.",
    401: "A login or token is needed.",
    403: "The login or token does not have the right.",
    404: "There is no such thing.",
    409: "It was changed by somebody else meanwhile.",
    413: "The body is too large.",
    415: "The content type or encoding is not understood.",
    422: "The content breaks a rule; nothing was changed.",
    429: "Too fast; Retry-After says when to come again.",
    503: "The store cannot answer now.",
}


def build_blueprint() -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/api/openapi.json")
    def get_document() -> Response:
        return json_answer(build_document(served(current_app)))

    @blueprint.get("/api/docs")
    def get_page() -> Response:
        return Response(build_page(served(current_app)), mimetype="text/html")

    return blueprint


def served(server: Flask) -> list[Endpoint]:
    """The described endpoints that this server has."""
    known = {(method, as_template(rule.rule)) for rule in server.url_map.iter_rules() for method in rule.methods or ()}
    return [endpoint for endpoint in ENDPOINTS if (endpoint.method, endpoint.path) in known]


def as_template(rule: str) -> str:
    """A Flask rule as an OpenAPI path: `<path:job_id>` is `{job_id}`."""
    parts = rule.replace(">", "}").split("<")
    return parts[0] + "".join("{" + part.split(":", 1)[-1] for part in parts[1:])


def build_document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the endpoints."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mmbatch_dash",
            "version": __version__,
            "description": "A management server for checkpointed AWS Batch work. Unknown values are null, never 0.",
        },
        "paths": paths,
        "components": {
            "schemas": build_schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.about,
        "operationId": f"{endpoint.method.lower()} {endpoint.path}",
        "tags": [endpoint.group],
        "description": f"For: {endpoint.who}.",
        "parameters": [_parameter(parameter) for parameter in endpoint.parameters],
        "responses": {str(status): answer for status, answer in _answers(endpoint).items()},
    }
    if endpoint.who != "anyone":
        # Where no login is configured none is asked for.
        operation["security"] = [{}, {"token": []}]
    if endpoint.body:
        content = {name: {"schema": schema} for name, schema in endpoint.body.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.about,
        "schema": parameter.schema,
    }


def _answers(endpoint: Endpoint) -> dict[int, dict[str, Any]]:
    answers: dict[int, dict[str, Any]] = {}
    for status, (content_type, schema) in endpoint.answers.items():
        said = {
            200: "The answer.",
            202: "It was taken up.",
            207: "Some were kept aside.",
            304: "It is as the ETag in If-None-Match says.",
        }
        answer: dict[str, Any] = {"description": said[status]}
        if content_type:
            answer["content"] = {content_type: {"schema": schema} if schema is not None else {}}
        answers[status] = answer
    # A path parameter may hold what makes another path of it.
    missing = (404,) if any(parameter.where == "path" for parameter in endpoint.parameters) else ()
    for status in sorted({*endpoint.errors, *_EVERYWHERE, *missing}):
        answers[status] = {"description": _ERRORS[status], "content": {JSON: {"schema": named("Error")}}}
    return answers


def build_page(endpoints: Iterable[Endpoint]) -> str:
    """The same as one HTML page: no script, nothing from elsewhere."""
    groups: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        groups.setdefault(endpoint.group, []).append(endpoint)
    sections = "".join(
        f"<section><h2>{escape(group)}</h2>{''.join(_article(endpoint) for endpoint in members)}</section>"
        for group, members in groups.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>API – mmbatch_dash</title>'
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
        "code{font-size:.95em}table{border-collapse:collapse;margin:.5rem 0 1rem}"
        "td,th{text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0}"
        "h3{margin:1.5rem 0 .25rem;font-size:1rem}</style></head><body><h1>API of mmbatch_dash</h1>"
        f"<p>Version {escape(__version__)}. Also as <a href='/api/openapi.json'>OpenAPI document</a>. "
        "Unknown values are null, never 0. Every error has one shape: "
        "<code>{statusCode, errorCode, message, details}</code>.</p>"
        f"{sections}</body></html>"
    )


def _article(endpoint: Endpoint) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter.name)}</code></td><td>{escape(parameter.about)}</td></tr>"
        for parameter in endpoint.parameters
    )
    table = f"<table><tr><th>Parameter</th><th>Meaning</th></tr>{rows}</table>" if rows else ""
    bodies = ", ".join(f"<code>{escape(name)}</code>" for name in endpoint.body)
    body = f"<p>Body: {bodies}.</p>" if bodies else ""
    answers = ", ".join(str(status) for status in _answers(endpoint))
    return (
        f"<article><h3><code>{endpoint.method} {escape(endpoint.path)}</code></h3>"
        f"<p>{escape(endpoint.about)} For: {escape(endpoint.who)}. Answers: {answers}.</p>{body}{table}</article>"
    )
