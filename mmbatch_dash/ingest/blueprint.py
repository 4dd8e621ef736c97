"""POST /api/v1/events: read, check, append, answer. Answers only after the events are on disk."""

from typing import Any

import orjson
from flask import Blueprint, Request, Response
from flask.globals import app_ctx, request_ctx

from mmbatch_dash.domain.endpoints import declare
from mmbatch_dash.domain.errors import InvalidInput, StoreUnavailable
from mmbatch_dash.domain.facts import Rejection
from mmbatch_dash.domain.problems import problem_body
from mmbatch_dash.domain.quoting import shown
from mmbatch_dash.ingest.body import BodyMalformed, BodyTooLarge, read_body
from mmbatch_dash.ingest.declaration import DECLARATION
from mmbatch_dash.ingest.media import Media, TooManyEvents, find_media, read_items
from mmbatch_dash.services import Services
from mmbatch_dash.services.intake import Receipt

RETRY_AFTER_SECONDS = 5
MEGABYTE = 1024 * 1024


def build_blueprint(services: Services) -> Blueprint:
    """The ingestion blueprint; needs the right `ingest` where a login is configured."""
    blueprint = Blueprint("ingest", __name__)

    def post_events() -> Response:
        request = request_ctx.request
        environ = request.environ
        limits = services.ingest_limits()
        media = find_media(environ.get("CONTENT_TYPE", ""))
        encoding = (environ.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower()
        if media is None or encoding not in ("gzip", "x-gzip", "identity"):
            return _refuse_media(request, encoding)
        length, limit_bytes = request.content_length, limits.max_body_mb * MEGABYTE
        if (length or 0) > limit_bytes:
            return _too_large(limits.max_body_mb)
        try:
            packed = encoding != "identity"
            body = read_body(request.stream, gzipped=packed, limit_bytes=limit_bytes, length=length)
            items = read_items(body, media, environ, most=limits.max_events_per_request)
            return _answer(services.intake.take(items, app_ctx.g.teller))
        except BodyTooLarge:
            return _too_large(limits.max_body_mb)
        except TooManyEvents:
            most = limits.max_events_per_request
            return _json(413, problem_body(413, f"The body holds more than {most} events; send fewer at a time."))
        except BodyMalformed as error:
            return _json(400, problem_body(400, f"The body is not gzip as its Content-Encoding says: {error}."))
        except InvalidInput as error:
            return _json(400, problem_body(400, str(error)))
        except StoreUnavailable as error:
            return _later(str(error))

    blueprint.add_url_rule("/api/v1/events", view_func=declare(post_events, DECLARATION), methods=["POST"])
    return blueprint


def _answer(receipt: Receipt) -> Response:
    rejected = [_rejected(rejection) for rejection in sorted(receipt.rejected, key=lambda item: item.index)]
    counts: dict[str, Any] = {"accepted": receipt.accepted, "duplicates": receipt.duplicates, "rejected": rejected}
    if not rejected:
        return _json(200, counts)
    if receipt.accepted or receipt.duplicates:
        return _json(207, counts)
    first = rejected[0]["error"]
    message = f"Every event was rejected and kept aside; the first because {first}"
    return _json(422, problem_body(422, message, details=rejected, **counts))


def _rejected(rejection: Rejection) -> dict[str, object]:
    return {"index": rejection.index, "id": rejection.id, "error": rejection.error}


def _refuse_media(request: Request, encoding: str) -> Response:
    known = ", ".join(media.value for media in Media)
    if encoding not in ("gzip", "x-gzip", "identity"):
        message = f"Content-Encoding {shown(encoding)} is not understood; send gzip or none."
    else:
        message = f"Content-Type {shown(request.content_type)} is not understood; send one of {known}."
    return _json(415, problem_body(415, message))


def _later(message: str) -> Response:
    response = _json(503, problem_body(503, message))
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _too_large(limit_mb: int) -> Response:
    message = f"The body exceeds {limit_mb} MB after decompression (ingest.maxBodyMB); send it in parts."
    return _json(413, problem_body(413, message))


def _json(status: int, body: dict[str, object]) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")
