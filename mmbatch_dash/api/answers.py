"""JSON answers."""

from typing import Any

import orjson
from flask import Response


def json_answer(body: Any, status: int = 200, **headers: str) -> Response:
    """A JSON response; NaN never leaves, unknown is null."""
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
    response = Response(orjson.dumps(body, option=options), status, mimetype="application/json")
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response
