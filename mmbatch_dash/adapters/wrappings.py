"""Messages of other services with events inside: SNS, SQS, Kinesis, Firehose, CloudWatch Logs. Knows no event format.

Each of them may hold another (an SNS notification in an SQS message in a list), and what is inside may be packed.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmbatch_dash.adapters.documents import Broken, split_documents
from mmbatch_dash.adapters.encodings import as_utf8
from mmbatch_dash.adapters.reading import Unreadable

DEEPEST = 8
MOST_UNPACKED = 16 * 1024 * 1024
"""Bytes of one packed message after unpacking."""
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31
_EXPORTED = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z\s+(?=\{)")
"""CloudWatch Logs puts the time before each message when it exports to S3."""
_MARKS = frozenset({"specversion", "detail-type"})
_LISTS = ("Records", "Messages", "records")
_CARRIERS = frozenset(
    {*_LISTS, "results", "logEvents", "events", "awslogs", "Sns", "kinesis", "body", "Body", "data", "Data", "Message"}
)


def is_event(value: Any) -> bool:
    """Whether a value carries the marks of an event and so is no wrapping, whatever it holds."""
    return isinstance(value, Mapping) and not _MARKS.isdisjoint(value)


def events_in(value: Any, depth: int = 0) -> Iterator[Any]:
    """The events inside a value, in order, Unreadable for broken ones; itself where it is none of these messages."""
    if isinstance(value, str) and depth and value.lstrip()[:1] in ("{", "["):
        # Some senders write JSON into JSON once more.
        yield from _texts(value, depth + 1) if depth <= DEEPEST else [value]
    elif depth > DEEPEST or is_event(value) or not isinstance(value, Mapping | list):
        yield value
    elif isinstance(value, list):
        yield from _all(value, depth + 1) if value else [value]
    elif _CARRIERS.isdisjoint(value):
        yield value
    else:
        yield from _opened(value, depth + 1)


def events_in_text(text: str, depth: int = 0) -> Iterator[Any]:
    """The events of a text of JSON values, one or several after each other."""
    for found in split_documents(text):
        if isinstance(found, Broken):
            yield Unreadable(found.text, f"it is not JSON: {found.error}")
        else:
            yield from events_in(found.value, depth)


def without_log_time(text: str) -> str:
    """A line of exported logs without the time before its message; any other text as it is."""
    match = _EXPORTED.match(text)
    return text[match.end() :] if match else text


def _opened(value: Mapping[str, Any], depth: int) -> Iterator[Any]:
    for key in _LISTS:
        if isinstance(value.get(key), list):
            yield from _all(value[key], depth)
            return
    if isinstance(value.get("results"), list):
        # CloudWatch Logs Insights: a row is a list of fields.
        for row in value["results"]:
            cells = [cell for cell in row if isinstance(cell, Mapping)] if isinstance(row, list) else []
            messages = [cell.get("value") for cell in cells if cell.get("field") == "@message"]
            yield from _all(messages, depth) if messages else [row]
        return
    for key in ("logEvents", "events"):
        if isinstance(value.get(key), list):
            for item in value[key]:
                told = item.get("message") if isinstance(item, Mapping) and not is_event(item) else None
                yield from _texts(without_log_time(told), depth) if isinstance(told, str) else events_in(item, depth)
            return
    inner = next((value[key] for key in ("awslogs", "Sns", "kinesis") if isinstance(value.get(key), Mapping)), value)
    if isinstance(text := inner.get("Message") or inner.get("body") or inner.get("Body"), str):
        yield from _texts(text, depth)
    elif isinstance(text := inner.get("data") or inner.get("Data"), str):
        yield from _unpacked(text, value, depth)
    else:
        yield value


def _all(items: Iterable[Any], depth: int) -> Iterator[Any]:
    for item in items:
        yield from events_in(item, depth)


def _texts(text: str, depth: int) -> Iterator[Any]:
    for event in events_in_text(text, depth):
        # What is no JSON at all may be Base64, as producers put binary into queues.
        if isinstance(event, Unreadable) and event.raw == text.strip() and (plain := _from_base64(text)) is not None:
            yield from events_in_text(plain, depth)
        else:
            yield event


def _unpacked(text: str, whole: Mapping[str, Any], depth: int) -> Iterator[Any]:
    plain = _from_base64(text)
    if plain is None:
        yield Unreadable(whole, "data: is not Base64 of a text")
    else:
        yield from events_in_text(plain, depth)


def _from_base64(text: str) -> str | None:
    """The text that Base64, packed or not, stands for; None where it is none."""
    try:
        content = base64.b64decode(text, validate=True)
        if content.startswith(_GZIP_MAGIC):
            unpacker = zlib.decompressobj(_GZIP_WINDOW)
            content = unpacker.decompress(content, MOST_UNPACKED)
            if not unpacker.eof:
                return None
    except (binascii.Error, ValueError, zlib.error):
        return None
    return b"".join(as_utf8([content])).decode("utf-8", "replace")
