"""CloudEvents 1.0 and EventBridge envelopes → journal entries. Knows nothing of HTTP or files.

Raises nothing for a single bad event: it comes out as a `Rejection`, so that its neighbours enter.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from mmbatch_dash.adapters.eventbridge import read_envelope
from mmbatch_dash.adapters.reading import Unreadable
from mmbatch_dash.adapters.wrappings import events_in, events_in_text, is_event, without_log_time
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.events import read_data
from mmbatch_dash.domain.facts import Entry, Place, Rejection
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.domain.quoting import shown

SPEC_VERSION = "1.0"
IDENTITY_LIMIT = 1024
_NATIVE = SourceKind.NATIVE
_IMPORTED = SourceKind.TRACE
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


def read_batch(events: Iterable[Any]) -> Iterator[Entry | Rejection]:
    """Entries and rejections in the order of the events, those inside messages of other services too.

    `index` counts them from 0.
    """
    index = 0
    for value in events:
        for event in (value,) if is_event(value) else events_in(value):
            yield _read(event, index)
            index += 1


def read_lines(lines: Iterable[bytes]) -> Iterator[Entry | Rejection]:
    """Entries and rejections of NDJSON lines, each with one event or several; blank lines are passed over.

    `index` counts events from 0. A line that is no JSON counts as one.
    """
    index = 0
    for line in lines:
        stripped = line.strip()
        if not stripped:
            continue
        for event in _events_of(stripped):
            yield _read(event, index)
            index += 1


def read_file_lines(lines: Iterable[bytes], *, door: str, file: str | None) -> Iterator[Entry | Rejection]:
    """Entries and rejections of NDJSON lines of a file, each at its line, where people look for it."""
    for number, line in enumerate(lines, 1):
        if stripped := line.strip():
            place = Place(number, door, file)
            for event in _events_of(stripped):
                yield _placed(event, place)


def read_document(value: Any, place: Place) -> Iterator[Entry | Rejection]:
    """Entries and rejections of one JSON value of a file, all at its place."""
    for event in events_in(value):
        yield _placed(event, place)


def _events_of(line: bytes) -> Iterable[Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        text = without_log_time(line.decode("utf-8", "replace").removeprefix("\ufeff"))
        events = list(events_in_text(text))
        if len(events) == 1 and isinstance(events[0], Unreadable):
            return [Unreadable(text, f"the line is not JSON: {error.msg}")]
        return events
    return (value,) if is_event(value) else events_in(value)


def _read(event: Any, index: int) -> Entry | Rejection:
    if isinstance(event, Unreadable):
        return Rejection(event.error, event.raw, index)
    try:
        return read_event(event)
    except InvalidInput as error:
        return Rejection(str(error), event, index, _id_of(event))


def _placed(event: Any, place: Place) -> Entry | Rejection:
    read = _read(event, place.number)
    if isinstance(read, Entry):
        return read._replace(place=place)
    return replace(read, door=place.door, file=place.file, options=place.options)


def _read_cloudevent(event: Mapping[str, Any]) -> Entry:
    if event.get("specversion") != SPEC_VERSION:
        raise InvalidInput(f"must be {SPEC_VERSION!r}, is {shown(event.get('specversion'))}", field="specversion")
    identifier, source, event_type = _attribute(event, "id"), _attribute(event, "source"), _attribute(event, "type")
    if "time" not in event:
        raise InvalidInput("is required: when it happened", field="time")
    at = parse_instant(event["time"])
    content = None
    data = event.get("data")
    if data is None and "data_base64" in event:
        data = _decoded(event["data_base64"])
        # The same event is the same in either form.
        content = {**{key: value for key, value in event.items() if key != "data_base64"}, "data": data}
    if type(data) is not dict and not isinstance(data, Mapping):
        raise InvalidInput(f"must be a JSON object, is {_json_kind(data)}", field="data")
    fact = read_data(event_type, data, at)
    # What the worker's side concludes from silence weighs no more than an import: AWS's word goes before it.
    kind = _IMPORTED if data.get("inferred") is True else _NATIVE
    return Entry(source, identifier, kind, event_type, at, [fact], event, content)


def _decoded(text: Any) -> Any:
    try:
        return orjson.loads(base64.b64decode(text, validate=True))
    except (TypeError, ValueError):
        raise InvalidInput("must be Base64 of a JSON object", field="data_base64") from None


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
