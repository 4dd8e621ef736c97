"""How much a request may bring, by whom it is for. The front bounds the time it may take."""

from collections.abc import Mapping
from typing import Any

import flask

from mmbatch_dash.auth.access.refusals import refuse
from mmbatch_dash.auth.access.routes import DASH_UPDATE
from mmbatch_dash.domain.config.ingest import Ingest

KIB, MIB = 1024, 1024 * 1024
MOST_HEADER_BYTES = 32 * KIB
MOST_QUERY_BYTES = 16 * KIB
MOST_FORM_BYTES = 64 * KIB
MOST_PAGE_BYTES = 8 * MIB
MOST_API_BYTES = 2 * MIB
EVENTS, IMPORT, BILL = "/api/v1/events", "/api/v1/import", "/api/v1/bill"


def bound_request(request: flask.Request, ingest: Ingest) -> flask.Response | None:
    """Sets how long the body may be; a refusal if head or declared body is too long.

    Args:
        request: under way.
        ingest: the limits in force; the endpoint of events bounds its body itself, unpacked.
    """
    if problem := head_problem(request.environ):
        return refuse(*problem)
    most = most_body_bytes(request.path, ingest)
    if request.path == EVENTS:
        request.max_content_length = most + 1
        return None
    request.max_content_length = most
    if (request.content_length or 0) > most:
        return refuse(413, f"The body is longer than {most // KIB} KiB.")
    return None


def head_problem(environ: Mapping[str, Any]) -> tuple[int, str] | None:
    """Status and sentence where the head of a request is too long."""
    if len(environ.get("QUERY_STRING", "")) > MOST_QUERY_BYTES:
        return 414, f"The query is longer than {MOST_QUERY_BYTES // KIB} KiB."
    if _header_bytes(environ) > MOST_HEADER_BYTES:
        return 431, f"The headers are longer than {MOST_HEADER_BYTES // KIB} KiB."
    return None


def most_body_bytes(path: str, ingest: Ingest) -> int:
    """How long a body for that path may be."""
    if path == EVENTS:
        return ingest.max_body_mb * MIB
    if path in (IMPORT, BILL):
        return ingest.max_import_mb * MIB
    if path.startswith("/api/v1/nodes/"):  # log files; the endpoint knows how long they may be
        return ingest.max_body_mb * MIB
    if path == DASH_UPDATE:
        return MOST_PAGE_BYTES
    return MOST_API_BYTES if path.startswith("/api/") else MOST_FORM_BYTES


def _header_bytes(environ: Mapping[str, object]) -> int:
    """Size of names and values; the server hands each header over as one `HTTP_…` text, however often it came."""
    size = len(str(environ.get("CONTENT_TYPE", ""))) + len(str(environ.get("CONTENT_LENGTH", "")))
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            size += len(name) - len("HTTP_") + len(str(value))
    return size
