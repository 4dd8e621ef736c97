"""The JSON of GET /api/v1/job and /api/v1/node of an MMBatch management server as journal entries.

A job is many entries: one for each event in its `events`, so that a later export of the same job adds only what is new,
and one for what the record says besides. A node is one entry, a heartbeat. Which job and attempt an event is about is
worked out in `mmbatch_job`; this module knows the shapes of the two answers.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from mmbatch_dash.adapters.mmbatch_job import read_job
from mmbatch_dash.adapters.mmbatch_times import moment_of
from mmbatch_dash.adapters.reading import Lenient, content_id, known, mapping_of, positive, required_text, text_of
from mmbatch_dash.domain.choices import PurchaseOption, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import COUNTED, Entry, Place, Rejection

DOOR = "mmbatch"
SOURCE = "mmbatch.api/node"
NODE_HEARTBEAT = "mmbatch.node.heartbeat"
_PAY_TYPES = {"spot": PurchaseOption.SPOT, "ondemand": PurchaseOption.ON_DEMAND}


def read_answers(documents: Iterable[Any], *, zone: tzinfo, file: str | None = None) -> Iterator[Entry | Rejection]:
    """Entries of all jobs and nodes; a bad one is a Rejection at its place, counted from 1 through all documents.

    Args:
        documents: lists of jobs or nodes, alone or under one key ({"items": […]}); a Rejection passes through.
        zone: where times without a zone were written.
        file: where they come from.

    Raises:
        InvalidInput: a document is no list of jobs or nodes.
    """
    place = 0
    for document in documents:
        if isinstance(document, Rejection):
            yield document
            continue
        for record in _records(document):
            place += 1
            options = {**COUNTED, "timezone": str(zone)}
            try:
                entries = [read_node(record, zone=zone)] if _is_node(record) else read_job(record, zone=zone)
                yield from (entry._replace(place=Place(place, DOOR, file, options)) for entry in entries)
            except InvalidInput as error:
                name = record.get("id") if isinstance(record, Mapping) else None
                yield Rejection(str(error), record, place, name if isinstance(name, str) else None, DOOR, file, options)


def read_node(record: Mapping[str, Any], *, zone: tzinfo) -> Entry:
    """One node as a heartbeat at `lastHeartbeat`.

    Raises:
        InvalidInput: it has no id or no last heartbeat, or a field is wrong.
    """
    lenient = Lenient()
    instance = lenient.read(mapping_of, record, "instance") or {}
    at: datetime | None = moment_of(record, "lastHeartbeat", zone=zone)
    if at is None:
        raise InvalidInput("is missing; a node without it says nothing about a time", field="lastHeartbeat")
    fact = known(
        {
            "type": NODE_HEARTBEAT,
            "at": at,
            "node_id": required_text(record, "id"),
            "instance_id": lenient.read(text_of, instance, "instanceId", path="instance."),
            "instance_type": lenient.read(text_of, instance, "instanceType", path="instance."),
            "availability_zone": lenient.read(text_of, instance, "zone", path="instance."),
            "purchase_option": _purchase_option(lenient.read(text_of, instance, "payType", path="instance.")),
            "instance_launched_at": lenient.read(moment_of, instance, "createTime", zone=zone, path="instance."),
            "node_vcpus": lenient.read(positive, record["cores"], field="cores") if record.get("cores") else None,
            "node_memory_mib": _memory(record, lenient),
        }
    )
    return Entry(SOURCE, content_id(record), SourceKind.TRACE, NODE_HEARTBEAT, at, [fact], record)


def _memory(record: Mapping[str, Any], lenient: Lenient) -> float | None:
    memory = record.get("memoryInMB")
    return lenient.read(positive, memory, field="memoryInMB") if memory else None


def _purchase_option(pay_type: str | None) -> str | None:
    """Spot or on-demand however it is spelled ("Spot", "onDemand", "on-demand"), None for any other word."""
    letters = "".join(letter for letter in (pay_type or "").lower() if letter.isalpha())
    option = _PAY_TYPES.get(letters)
    return option.value if option else None


def _is_node(record: Any) -> bool:
    return isinstance(record, Mapping) and bool({"lastHeartbeat", "hostName", "instance"} & record.keys())


def _records(document: Any) -> list[Any]:
    if isinstance(document, Mapping):
        if "id" in document:
            return [document]
        lists = [value for value in document.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
    if not isinstance(document, list):
        raise InvalidInput("expected the list that GET /api/v1/job or /api/v1/node of an MMBatch server answers")
    return document
