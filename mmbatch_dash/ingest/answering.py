"""Events of a request: read, check, append, answer. Answers only after they are on disk. Knows nothing of Flask."""

from collections.abc import Mapping
from typing import IO, Any, NamedTuple

import orjson

from mmbatch_dash.domain.errors import InvalidInput, StoreUnavailable
from mmbatch_dash.domain.facts import Rejection
from mmbatch_dash.domain.problems import problem_body
from mmbatch_dash.domain.quoting import shown
from mmbatch_dash.domain.teller import Teller
from mmbatch_dash.ingest.body import BodyMalformed, BodyTooLarge, read_body
from mmbatch_dash.ingest.media import Media, TooManyEvents, find_media, read_items
from mmbatch_dash.services import Services
from mmbatch_dash.services.intake import Receipt

RETRY_AFTER_SECONDS = 5
MEGABYTE = 1024 * 1024


class Told(NamedTuple):
    """An answer in JSON, with the headers of its own."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def answer_events(
    services: Services, environ: Mapping[str, Any], stream: IO[bytes], length: int | None, teller: Teller
) -> Told:
    """What is said of the events that a request brings.

    Args:
        services: take them in.
        environ: the head of the request.
        stream: its body.
        length: of it as declared, if it was.
        teller: who sends them, let in already.
    """
    limits = services.ingest_limits()
    media = find_media(environ.get("CONTENT_TYPE", ""))
    encoding = (environ.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower()
    if media is None or encoding not in ("gzip", "x-gzip", "identity"):
        return _refuse_media(environ.get("CONTENT_TYPE", ""), encoding)
    limit_bytes = limits.max_body_mb * MEGABYTE
    if (length or 0) > limit_bytes:
        return _too_large(limits.max_body_mb)
    try:
        packed = encoding != "identity"
        body = read_body(stream, gzipped=packed, limit_bytes=limit_bytes, length=length)
        items = read_items(body, media, environ, most=limits.max_events_per_request)
        return answer_receipt(services.intake.take(items, teller))
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


def answer_receipt(receipt: Receipt) -> Told:
    """What is said of what was taken in and what was kept aside."""
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


def _refuse_media(content_type: str, encoding: str) -> Told:
    known = ", ".join(media.value for media in Media)
    if encoding not in ("gzip", "x-gzip", "identity"):
        message = f"Content-Encoding {shown(encoding)} is not understood; send gzip or none."
    else:
        message = f"Content-Type {shown(content_type)} is not understood; send one of {known}."
    return _json(415, problem_body(415, message))


def _later(message: str) -> Told:
    told = _json(503, problem_body(503, message))
    return told._replace(headers=(("Retry-After", str(RETRY_AFTER_SECONDS)),))


def _too_large(limit_mb: int) -> Told:
    message = f"The body exceeds {limit_mb} MB after decompression (ingest.maxBodyMB); send it in parts."
    return _json(413, problem_body(413, message))


def _json(status: int, body: dict[str, object]) -> Told:
    return Told(status, orjson.dumps(body))
