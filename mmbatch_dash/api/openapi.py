"""GET /api/openapi.json and /api/docs: the API described by what it is built from, readable without any script."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app
from pydantic import TypeAdapter

from mmbatch_dash import __version__
from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import answers_of, as_template, endpoint, endpoints_of
from mmbatch_dash.api.docs import build_page
from mmbatch_dash.api.models.errors import Error
from mmbatch_dash.api.queries import parameters_of
from mmbatch_dash.domain.endpoints import HTML, JSON, OPERATION, Content, Endpoint
from mmbatch_dash.domain.filters import Parameter
from mmbatch_dash.domain.identity import Audience

Schema = dict[str, Any]
Endpoints = Mapping[tuple[str, str], Endpoint]

ERRORS = {
    400: "A parameter or the body does not parse; the message names it.",
    401: "A login or token is needed.",
    403: "The login or token does not have the right.",
    404: "There is no such thing.",
    409: "It was changed by somebody else meanwhile.",
    412: "Another ETag is in force than the one in If-Match; nothing was changed.",
    413: "The body is too large.",
    415: "The content type or encoding is not understood.",
    422: "The content breaks a rule; nothing was changed.",
    429: "Too fast; Retry-After says when to come again.",
    503: "The store cannot answer now.",
}
_SAID = {
    200: "The answer.",
    202: "It was taken up.",
    204: "It is done.",
    207: "Some were kept aside.",
    422: "All were kept aside.",
    304: "It is as the ETag in If-None-Match says.",
}
_REFERENCE = "#/components/schemas/{model}"


def build_blueprint() -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("openapi", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/openapi.json",
        Endpoint(who=Audience.READER, about="This document.", group=OPERATION, answers={200: Content(dict[str, Any])}),
    )
    def get_document() -> Response:
        return json_answer(build_document(endpoints_of(current_app)))

    @endpoint(
        blueprint,
        "GET",
        "/api/docs",
        Endpoint(
            who=Audience.READER, about="This document for people.", group=OPERATION, answers={200: Content(media=HTML)}
        ),
    )
    def get_page() -> Response:
        return Response(build_page(endpoints_of(current_app)), mimetype=HTML)

    return blueprint


def build_document(endpoints: Endpoints) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the endpoints."""
    schemas: dict[str, Schema] = {}
    error = _schema_of(Error, schemas)
    paths: dict[str, dict[str, Any]] = {}
    for (method, rule), one in endpoints.items():
        paths.setdefault(as_template(rule), {})[method.lower()] = _operation(method, rule, one, schemas, error)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mmbatch_dash",
            "version": __version__,
            "description": "A management server for checkpointed AWS Batch work. Unknown values are null, never 0.",
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(method: str, rule: str, one: Endpoint, schemas: dict[str, Schema], error: Schema) -> dict[str, Any]:
    path = as_template(rule)
    in_path = [_parameter(name, Parameter(about=about), where="path") for name, about in one.paths.items()]
    in_query = [_parameter(name, said) for name, said in parameters_of(one.query).items()]
    operation: dict[str, Any] = {
        "summary": one.about,
        "operationId": f"{method.lower()} {path}",
        "tags": [one.group],
        "description": f"For: {one.who}.",
        "parameters": [*in_path, *in_query],
        "responses": {str(status): _answer(status, one, schemas, error) for status in answers_of(one)},
    }
    if one.who is not Audience.ANYONE:
        # Where no login is configured none is asked for.
        operation["security"] = [{}, {"token": []}]
    if one.bodies:
        content = {body.media: {"schema": _schema_of(body.model, schemas)} for body in one.bodies}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(name: str, said: Parameter, where: str = "query") -> dict[str, Any]:
    schema: Schema = {"type": "string"}
    if said.least is not None:
        schema = {"type": "integer", "minimum": said.least, "maximum": said.most}
    if said.vocabulary:
        schema["enum"] = list(said.vocabulary)
    if said.example:
        schema["examples"] = [said.example]
    if where == "path":
        schema["minLength"] = 1
    about = f"{said.about} May repeat." if said.many else said.about
    schema = {"type": "array", "items": schema} if said.many else schema
    return {"name": name, "in": where, "required": where == "path", "description": about, "schema": schema}


def _answer(status: int, one: Endpoint, schemas: dict[str, Schema], error: Schema) -> dict[str, Any]:
    content = one.answers.get(status)
    if content is None:
        return {"description": ERRORS[status], "content": {JSON: {"schema": error}}}
    said: dict[str, Any] = {"description": _SAID[status]}
    if content.model is not None:
        said["content"] = {content.media: {"schema": _schema_of(content.model, schemas)}}
    elif content.media:
        said["content"] = {content.media: {"schema": {"type": "string"}} if content.media.startswith("text/") else {}}
    return said


def _schema_of(model: Any, schemas: dict[str, Schema]) -> Schema:
    """The schema of a model; the named ones in it go to `schemas`, and it refers to them."""
    schema = TypeAdapter(model).json_schema(ref_template=_REFERENCE)
    schemas.update(schema.pop("$defs", {}))
    name = schema.get("title")
    if isinstance(name, str) and isinstance(model, type) and name == model.__name__:
        schemas[name] = schema
        return {"$ref": _REFERENCE.format(model=name)}
    return schema
