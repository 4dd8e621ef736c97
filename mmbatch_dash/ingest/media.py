"""What a body says it is, and the events in it."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import orjson

from mmbatch_dash.adapters.cloudevents import read_batch, read_lines
from mmbatch_dash.adapters.documents import Found, split_documents
from mmbatch_dash.adapters.encodings import as_utf8
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection


class Media(StrEnum):
    """Content types that carry events."""

    EVENT = "application/cloudevents+json"
    BATCH = "application/cloudevents-batch+json"
    JSON = "application/json"
    LINES = "application/x-ndjson"


ALIASES = {"application/ndjson": Media.LINES, "application/jsonl": Media.LINES}
_KNOWN = {**{media.value: media for media in Media}, **ALIASES}
_BINARY_PREFIX = "HTTP_CE_"
"""Beginning of CloudEvents headers as WSGI names them."""


class TooManyEvents(Exception):
    """The body holds more events than one request may bring."""


def find_media(content_type: str) -> Media | None:
    """The media type of a Content-Type header without its parameters; None when it carries no events."""
    name = content_type.partition(";")[0].strip().lower()
    return _KNOWN.get(name)


def read_items(body: bytes, media: Media, environ: Mapping[str, Any], *, most: int) -> Iterator[Entry | Rejection]:
    """The entries and rejections of a body, in order.

    Args:
        body: unpacked.
        media: what it says it is.
        environ: of the request; with a header `ce-specversion` the body is the data of one event.
        most: how many events it may hold.

    Raises:
        InvalidInput: the body is not what its content type says.
        TooManyEvents: it holds more than `most`.
    """
    body = b"".join(as_utf8([body]))
    if media is Media.LINES:
        return _at_most(most, read_lines(_lines_of(body, most)))
    try:
        parsed: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        several = _several(body) if media is Media.JSON else None
        if several is None:
            reason = f"{error.msg} (line {error.lineno}, column {error.colno})"
            raise InvalidInput(f"The body is not JSON: {reason}.") from None
        return _at_most(most, read_batch(several))
    if media is Media.JSON and f"{_BINARY_PREFIX}SPECVERSION" in environ:
        return read_batch([{**_attributes_of(environ), "data": parsed}])
    events = _events_of(parsed, media)
    if len(events) > most:
        raise TooManyEvents
    return _at_most(most, read_batch(events))


def _several(body: bytes) -> list[Any] | None:
    """The JSON values of a body that holds several after each other; None where it is not that."""
    found = list(split_documents(body.decode("utf-8", "replace")))
    values = [one.value for one in found if isinstance(one, Found)]
    return values if values and len(values) == len(found) else None


def _at_most(most: int, items: Iterator[Entry | Rejection]) -> Iterator[Entry | Rejection]:
    """The items; gives up at the first one too many, which wrapped messages show only when they are opened."""
    for number, item in enumerate(items):
        if number >= most:
            raise TooManyEvents
        yield item


def _events_of(parsed: Any, media: Media) -> list[Any]:
    if isinstance(parsed, list) and media is not Media.EVENT:
        return parsed
    if isinstance(parsed, dict) and media is not Media.BATCH:
        return [parsed]
    expected = {Media.EVENT: "one JSON object", Media.BATCH: "a JSON list of events"}
    wanted = expected.get(media, "a JSON object or a list of them")
    raise InvalidInput(f"A body of type {media.value} is {wanted}; this is something else.")


def _lines_of(body: bytes, most: int) -> list[bytes]:
    """The lines that are not blank; gives up at the first one too many, so that a body of newlines costs nothing."""
    lines: list[bytes] = []
    for line in BytesIO(body):
        if not line.isspace():
            lines.append(line)
            if len(lines) > most:
                raise TooManyEvents
    return lines


def _attributes_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """CloudEvents attributes in `ce-` headers; the HTTP binding has them percent-encoded."""
    return {
        name.removeprefix(_BINARY_PREFIX).replace("_", "-").lower(): unquote(value)
        for name, value in environ.items()
        if name.startswith(_BINARY_PREFIX)
    }
