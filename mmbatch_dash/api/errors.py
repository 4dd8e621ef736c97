"""Errors translated once, at the edge: every API path answers in one shape (events.md section 1)."""

import logging
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.domain.errors import InvalidFilter, InvalidInput, NotFound, StoreUnavailable
from mmbatch_dash.domain.problems import ErrorCode, problem_body
from mmbatch_dash.domain.quoting import holds_control

LOG = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = "5"


def error_response(
    status: int, code: ErrorCode | None, message: str, details: Sequence[Any] = (), **headers: str
) -> Response:
    """An error answer in the one shape."""
    return json_answer(problem_body(status, message, code=code, details=details), status, **headers)


def register_error_handlers(server: Flask) -> None:
    """Turns domain and HTTP errors of API paths into that shape; pages keep their own."""

    @server.errorhandler(InvalidFilter)
    def invalid_filter(error: InvalidFilter) -> Response:
        return error_response(400, None, str(error), [{"parameter": error.field}])

    @server.errorhandler(InvalidInput)
    def invalid_input(error: InvalidInput) -> Response:
        return error_response(422, None, str(error), [{"field": error.field}] if error.field else [])

    @server.errorhandler(NotFound)
    def not_found(error: NotFound) -> Response:
        return error_response(404, None, str(error))

    @server.errorhandler(StoreUnavailable)
    def unavailable(error: StoreUnavailable) -> Response:
        return error_response(503, None, str(error), Retry_After=RETRY_AFTER_SECONDS)

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if not _is_api():
            return error
        if error.code == 404 and holds_control(request.path):
            # No rule matches a line's end, so nothing looked at the id that holds it.
            return error_response(400, None, f"{request.path[:200]!r} holds a control character, which no id does.")
        response = error_response(error.code or 500, None, _describe(error))
        if allow := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(allow)
        return response

    @server.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        request_id = g.get("request_id", "")
        LOG.error("request %s failed", request_id, exc_info=error)
        message = f"The server could not answer. Its log has the details under request id {request_id}."
        return error_response(500, ErrorCode.INTERNAL, message)


def _is_api() -> bool:
    return request.path.startswith(("/api/", "/healthz", "/readyz", "/metrics"))


def _describe(error: HTTPException) -> str:
    if error.code == 404:
        return f"There is no {request.path} here; the API is described at /api/docs."
    if error.code == 405:
        return f"{request.method} is not possible at {request.path}."
    return error.description or error.name
