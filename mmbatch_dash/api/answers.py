"""JSON answers and the selection a request asks for."""

from typing import Any

import orjson
from flask import Response, request

from mmbatch_dash.domain.selection import SELECTION_PARAMETERS, Selection, parse_selection


def json_answer(body: Any, status: int = 200, **headers: str) -> Response:
    """A JSON response; NaN never leaves, unknown is null."""
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    response = Response(orjson.dumps(body, option=options), status, mimetype="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def asked_selection(default_tz: str = "UTC") -> Selection:
    """The selection of the request's query parameters.

    Raises:
        InvalidFilter: a parameter does not parse.
    """
    return parse_selection({name: request.args.getlist(name) for name in SELECTION_PARAMETERS}, default_tz=default_tz)
