"""Registers a function as what its declaration says: its query is read and checked before it is called."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response
from flask.globals import request_ctx

from mmbatch_dash.api.queries import Query, parameters_of, read_query, refuse_unknown
from mmbatch_dash.domain.endpoints import Endpoint, declare, declared
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.quoting import holds_control

View = Callable[..., Response]

EVERYWHERE = (401, 403, 429, 503)
"""Errors that any endpoint may answer, 400 besides."""


def endpoint(blueprint: Blueprint, method: str, rule: str, declaration: Endpoint) -> Callable[[View], View]:
    """Puts a function on the blueprint at a method and rule.

    Where the declaration has a query model, the function is called with what the request says of it first.
    """
    known = parameters_of(declaration.query)
    model: Any = declaration.query

    def register(function: View) -> View:
        @wraps(function)
        def view(**path: str) -> Response:
            given = request_ctx.request.args
            if given and not declaration.lenient:
                refuse_unknown(given.keys(), known)
            for name, value in path.items():
                check_id(name, value)
            if model is None:
                return function(**path)
            query: Query = read_query(model, dict(given.lists()))
            return function(query, **path)

        name = function.__name__
        blueprint.add_url_rule(rule, name, declare(view, declaration), methods=[method])
        return function

    return register


def check_id(name: str, value: str) -> None:
    """Nothing, where a text may be the id of something.

    Raises:
        InvalidFilter: it holds a control character, which no id does.
    """
    if holds_control(value):
        raise InvalidFilter(f"{value[:80]!r} holds a control character", field=name)


def endpoints_of(server: Flask) -> dict[tuple[str, str], Endpoint]:
    """(method, Flask rule) → declaration, of every declared endpoint of a server, in order of registration."""
    found = {}
    for rule in server.url_map.iter_rules():
        declaration = declared(server.view_functions[rule.endpoint])
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if declaration is not None:
                found[method, rule.rule] = declaration
    return found


def as_template(rule: str) -> str:
    """A Flask rule as an OpenAPI path: `<path:job_id>` is `{job_id}`."""
    parts = rule.replace(">", "}").split("<")
    return parts[0] + "".join("{" + part.split(":", 1)[-1] for part in parts[1:])


def answers_of(one: Endpoint) -> list[int]:
    """Every status the endpoint may answer, in order."""
    # Any parameter may fail to parse; one in the path may hold what makes another path of it.
    errors = {400, *one.errors, *EVERYWHERE, *((404,) if one.paths else ())}
    return sorted({*one.answers, *errors})
