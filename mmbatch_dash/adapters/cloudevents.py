"""CloudEvents 1.0 and EventBridge envelopes → journal entries. Knows nothing of HTTP or files.

Raises nothing for a single bad event: it comes out as a `Rejection`, so that its neighbours enter.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from mmbatch_dash.adapters.eventbridge import read_envelope
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.events import read_data
from mmbatch_dash.domain.facts import Entry, Rejection
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.domain.quoting import shown

SPEC_VERSION = "1.0"
IDENTITY_LIMIT = 1024
_NATIVE = SourceKind.NATIVE
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def read_event(event: Any) -> Entry:
    """One CloudEvent or EventBridge envelope as an entry.

    Raises:
        InvalidInput: names the attribute or field that is wrong.
    """
    if type(event) is not dict and not isinstance(event, Mapping):
        raise InvalidInput(f"an event is a JSON object, this is {_json_kind(event)}")
    if "detail-type" in event and "specversion" not in event:
        return read_envelope(event)
    return _read_cloudevent(event)


def read_batch(events: Iterable[Any], *, door: str = "http", file: str | None = None) -> Iterator[Entry | Rejection]:
    """Entries and rejections in the order of the events; `index` counts from 0."""
    for index, event in enumerate(events):
        try:
            yield read_event(event)
        except InvalidInput as error:
            yield Rejection(str(error), event, index, _id_of(event), door, file)


def read_lines(lines: Iterable[bytes], *, door: str = "http", file: str | None = None) -> Iterator[Entry | Rejection]:
    """Entries and rejections of NDJSON lines; blank lines are passed over.

    `index` counts events from 0 over HTTP, and lines from 1 in files, where people look for them.
    """
    index = -1 if door == "http" else 0
    for line in lines:
        stripped = line.strip()
        index += 1 if stripped or door != "http" else 0
        if not stripped:
            continue
        event: Any = None
        try:
            event = orjson.loads(stripped)
            yield read_event(event)
        except orjson.JSONDecodeError as error:
            text = stripped.decode("utf-8", "replace")
            yield Rejection(f"the line is not JSON: {error.msg}", text, index, None, door, file)
        except InvalidInput as error:
            yield Rejection(str(error), event, index, _id_of(event), door, file)


def _read_cloudevent(event: Mapping[str, Any]) -> Entry:
    if event.get("specversion") != SPEC_VERSION:
        raise InvalidInput(f"must be {SPEC_VERSION!r}, is {shown(event.get('specversion'))}", field="specversion")
    identifier, source, event_type = _attribute(event, "id"), _attribute(event, "source"), _attribute(event, "type")
    if "time" not in event:
        raise InvalidInput("is required: when it happened", field="time")
    at = parse_instant(event["time"])
    data = event.get("data")
    if type(data) is not dict and not isinstance(data, Mapping):
        raise InvalidInput(f"must be a JSON object, is {_json_kind(data)}", field="data")
    fact = read_data(event_type, data, at)
    return Entry(source, identifier, _NATIVE, event_type, at, [fact], event)


def _attribute(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if type(value) is str and 0 < len(value) <= IDENTITY_LIMIT and "\x00" not in value:
        return value
    if not isinstance(value, str) or not value:
        raise InvalidInput("is required, as a text that is not empty", field=name)
    if len(value) > IDENTITY_LIMIT:
        raise InvalidInput(f"has {len(value)} characters; {IDENTITY_LIMIT} at most", field=name)
    return value.replace("\x00", REPLACEMENT)


def _id_of(event: Any) -> str | None:
    identifier = event.get("id") if isinstance(event, Mapping) else None
    return identifier[:IDENTITY_LIMIT].replace("\x00", REPLACEMENT) if isinstance(identifier, str) else None


def _json_kind(value: Any) -> str:
    names = {
        type(None): "nothing",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return names.get(type(value), type(value).__name__)
