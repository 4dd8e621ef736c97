"""The catalogue of native event types: how each one's data is checked and which fact it states."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from mmbatch_dash.domain.choices import EndReason, JobStatus, NoticeKind, PurchaseOption
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.events.data import (
    CheckpointData,
    EndedData,
    InterruptedData,
    JobData,
    NodeData,
    NoticeData,
    PriceData,
    RestoreData,
    StartedData,
    UsageData,
)
from mmbatch_dash.domain.events.fields import without_nul
from mmbatch_dash.domain.facts import Fact
from mmbatch_dash.domain.instants import CLOCK_SKEW
from mmbatch_dash.domain.prices import check_price
from mmbatch_dash.domain.quoting import shown
from mmbatch_dash.domain.zones import check_zone_name

PREFIX = "mmbatch."
NAME_SHOWN = 120
"""How much of a field name an error repeats, in characters: names inside tags and the like are the sender's."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One native event type.

    Attributes:
        name: CloudEvents type.
        data: checks and keeps the known fields of `data`.
        check: the checking itself, without what the adapter puts around it on every call.
        to_fact: puts role columns (submitted_at, ended_at, …) into the checked data, in place.
        meaning: one sentence for the API document.
        fields: names of the known fields of `data`, and whether each is required.
    """

    name: str
    data: TypeAdapter[Any]
    check: Callable[[Mapping[str, Any]], dict[str, Any]]
    to_fact: Callable[[dict[str, Any], datetime], None]
    meaning: str
    fields: Mapping[str, bool]


def read_data(event_type: str, data: Mapping[str, Any], at: datetime) -> Fact:
    """The fact that one native event states.

    Args:
        event_type: CloudEvents type.
        data: its `data` object.
        at: its `time`.

    Raises:
        InvalidInput: the type is unknown or a field is wrong; names the field as `data.…`.
    """
    known = EVENT_TYPES.get(event_type)
    if known is None:
        raise InvalidInput(
            f"{shown(event_type)} is not a known event type; known are {', '.join(EVENT_TYPES)}", field="type"
        )
    try:
        checked = known.check(data)
    except ValidationError as error:
        raise _first_problem(error) from None
    fact = checked
    if None in checked.values():
        fact = {key: value for key, value in checked.items() if value is not None}
    for key, value in fact.items():
        kind = type(value)
        if kind is str:
            if "\x00" in value:
                fact[key] = without_nul(value)
        elif kind is dict or kind is list:
            fact[key] = without_nul(value)
    if fact.get("purchase_option") == "unknown":
        del fact["purchase_option"]
    known.to_fact(fact, at)
    fact["type"] = event_type
    fact["at"] = at
    return cast(Fact, fact)


def _first_problem(error: ValidationError) -> InvalidInput:
    problem = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(["data", *(str(part)[:NAME_SHOWN] for part in problem["loc"])])
    message = "is required" if problem["type"] == "missing" else problem["msg"]
    message = message.removeprefix("Value error, ").replace("Input should be", "must be").removeprefix(": ")
    return InvalidInput(message, field=field)


def _submitted(fact: dict[str, Any], at: datetime) -> None:
    fact["submitted_at"] = at


def _started(fact: dict[str, Any], at: datetime) -> None:
    fact["started_at"] = at
    if "usd_per_hour" in fact:
        check_price(fact["usd_per_hour"], field="data.usd_per_hour")


def _interrupted(fact: dict[str, Any], at: datetime) -> None:
    fact["ended_at"] = at
    fact["end_reason"] = fact.pop("reason")


def _ended(status: JobStatus, end_reason: EndReason) -> Callable[[dict[str, Any], datetime], None]:
    def to_fact(fact: dict[str, Any], at: datetime) -> None:
        fact["ended_at"] = fact["completed_at"] = at
        fact["status"], fact["end_reason"] = status.value, end_reason.value
        reason = fact.pop("reason", None)
        if end_reason is EndReason.CANCELLED:
            reason = f"cancelled: {reason}" if reason else "cancelled"
        if reason:
            fact["status_reason"] = reason

    return to_fact


def _not_after(fact: dict[str, Any], name: str, at: datetime) -> None:
    """Nothing where a time inside an event is not after the event's own by more than clocks differ.

    Raises:
        InvalidInput: it is.
    """
    if fact.get(name, at) > at + CLOCK_SKEW:
        raise InvalidInput("lies after the event's own time; one of the two is wrong", field=f"data.{name}")


def _taken(fact: dict[str, Any], at: datetime) -> None:
    _not_after(fact, "taken_at", at)


def _restored(fact: dict[str, Any], at: datetime) -> None:
    _not_after(fact, "checkpoint_taken_at", at)


def _noticed(fact: dict[str, Any], at: datetime) -> None:
    del at
    fact["notice_kind"] = fact.pop("kind", NoticeKind.INTERRUPTION.value)


def _node(fact: dict[str, Any], at: datetime) -> None:
    _not_after(fact, "instance_launched_at", at)
    for name in ("vcpus", "memory_mib"):
        if name in fact:
            fact[f"node_{name}"] = fact.pop(name)


def _price(fact: dict[str, Any], at: datetime) -> None:
    del at
    if fact.pop("currency", "USD") != "USD":
        raise InvalidInput("prices are in USD; convert them first", field="data.currency")
    if zone := fact.get("availability_zone"):
        check_zone_name(zone, field="data.availability_zone")
    elif fact["purchase_option"] == PurchaseOption.SPOT:
        raise InvalidInput("is required: Spot prices differ from zone to zone", field="data.availability_zone")
    elif "region" not in fact:
        raise InvalidInput(
            "is required, or availability_zone: prices differ from region to region", field="data.region"
        )
    check_price(fact["usd_per_hour"], field="data.usd_per_hour")
    fact["price_source"] = "event"


def _catalog() -> dict[str, EventType]:
    rows: list[tuple[str, Any, Callable[[dict[str, Any], datetime], None], str]] = [
        ("job.submitted", JobData, _submitted, "A job entered a queue."),
        ("job.started", StartedData, _started, "An attempt of a job began on an instance."),
        ("checkpoint.started", CheckpointData, _taken, "A checkpoint began."),
        ("checkpoint.succeeded", CheckpointData, _taken, "A checkpoint was written."),
        ("checkpoint.failed", CheckpointData, _taken, "A checkpoint was not written."),
        ("restore.started", RestoreData, _restored, "A restore into a new attempt began."),
        ("restore.succeeded", RestoreData, _restored, "The new attempt goes on from the checkpoint."),
        ("restore.failed", RestoreData, _restored, "The restore did not work."),
        ("job.interrupted", InterruptedData, _interrupted, "An attempt ended; the job goes on."),
        ("job.succeeded", EndedData, _ended(JobStatus.SUCCEEDED, EndReason.COMPLETED), "The job ended well."),
        ("job.failed", EndedData, _ended(JobStatus.FAILED, EndReason.FAILED), "The job ended in failure."),
        ("job.cancelled", EndedData, _ended(JobStatus.FAILED, EndReason.CANCELLED), "Somebody ended the job."),
        ("job.usage", UsageData, lambda fact, at: None, "Peaks of what a job used."),
        ("instance.reclaim_notice", NoticeData, _noticed, "EC2 announced an interruption or a rebalance."),
        ("node.registered", NodeData, _node, "A worker node joined."),
        ("node.heartbeat", NodeData, _node, "A worker node is alive."),
        ("node.stopped", NodeData, _node, "A worker node left."),
        ("price.observed", PriceData, _price, "A price per instance-hour from a time on."),
    ]
    adapters = [TypeAdapter[Any](data) for _, data, _, _ in rows]
    return {
        PREFIX + name: EventType(
            PREFIX + name,
            adapter,
            adapter.validator.validate_python,
            to_fact,
            meaning,
            {field: field in data.__required_keys__ for field in data.__annotations__},
        )
        for adapter, (name, data, to_fact, meaning) in zip(adapters, rows, strict=True)
    }


EVENT_TYPES: dict[str, EventType] = _catalog()
