"""The table of native event types in events.md section 2, as a checker of single events."""

import re
from datetime import datetime
from typing import Any

TEXT, NUMBER, COUNT, INSTANT, TAGS, TEXTS = "text", "number", "count", "instant", "tags", "texts"

SUBMITTED = {
    "job_id": TEXT,
    "name": TEXT,
    "queue": TEXT,
    "definition": TEXT,
    "user": TEXT,
    "tags": TAGS,
    "vcpus": NUMBER,
    "memory_mib": NUMBER,
    "gpus": NUMBER,
    "parent_id": TEXT,
}
PLACE = {
    "instance_id": TEXT,
    "instance_type": TEXT,
    "availability_zone": TEXT,
    "purchase_option": TEXT,
    "instance_launched_at": INSTANT,
    "node_id": TEXT,
}
STARTED = {**SUBMITTED, **PLACE, "attempt": COUNT, "usd_per_hour": NUMBER, "container_id": TEXT}
CHECKPOINT = {
    "job_id": TEXT,
    "attempt": COUNT,
    "checkpoint_id": TEXT,
    "taken_at": INSTANT,
    "duration_seconds": NUMBER,
    "size_bytes": COUNT,
    "error": TEXT,
}
RESTORE = {
    "job_id": TEXT,
    "attempt": COUNT,
    "checkpoint_id": TEXT,
    "checkpoint_taken_at": INSTANT,
    "duration_seconds": NUMBER,
    "error": TEXT,
}
INTERRUPTED = {"job_id": TEXT, "attempt": COUNT, "reason": TEXT, "exit_code": COUNT, "instance_id": TEXT}
ENDED = {"job_id": TEXT, "attempt": COUNT, "exit_code": COUNT, "reason": TEXT}
USAGE = {
    "job_id": TEXT,
    "attempt": COUNT,
    "rootfs_bytes_max": COUNT,
    "memory_mib_max": NUMBER,
    "cpu_seconds": NUMBER,
}
NODE = {**PLACE, "vcpus": NUMBER, "memory_mib": NUMBER, "engine_version": TEXT, "job_ids": TEXTS}
PRICE = {
    "region": TEXT,
    "availability_zone": TEXT,
    "instance_type": TEXT,
    "purchase_option": TEXT,
    "usd_per_hour": NUMBER,
    "effective_at": INSTANT,
}
NOTICE = {"instance_id": TEXT, "kind": TEXT, "action": TEXT, "action_at": INSTANT}
PHASES = ("started", "succeeded", "failed")

FIELDS: dict[str, tuple[dict[str, str], set[str]]] = {
    "mmbatch.job.submitted": (SUBMITTED, {"job_id"}),
    "mmbatch.job.started": (STARTED, {"job_id", "attempt"}),
    "mmbatch.job.interrupted": (INTERRUPTED, {"job_id", "attempt", "reason"}),
    "mmbatch.job.usage": (USAGE, {"job_id"}),
    "mmbatch.instance.reclaim_notice": (NOTICE, {"instance_id"}),
    "mmbatch.price.observed": (PRICE, {"instance_type", "purchase_option", "usd_per_hour", "effective_at"}),
    **{f"mmbatch.checkpoint.{phase}": (CHECKPOINT, {"job_id", "attempt"}) for phase in PHASES},
    **{f"mmbatch.restore.{phase}": (RESTORE, {"job_id", "attempt"}) for phase in PHASES},
    **{f"mmbatch.job.{end}": (ENDED, {"job_id"}) for end in ("succeeded", "failed", "cancelled")},
    **{f"mmbatch.node.{what}": (NODE, {"node_id"}) for what in ("registered", "heartbeat", "stopped")},
}
CHOICES = {
    "purchase_option": {"spot", "on-demand"},
    "kind": {"interruption", "rebalance"},
}
INTERRUPTION_REASONS = {"reclaimed", "host_lost", "failed"}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def find_faults(event: dict[str, Any]) -> list[str]:
    """What is wrong with one native CloudEvent; empty for a valid one."""
    faults = [f"no {name}" for name in ("id", "source", "type", "subject", "time") if not event.get(name)]
    if event.get("specversion") != "1.0":
        faults.append("specversion")
    if event.get("type") not in FIELDS:
        return [*faults, f"unknown type {event.get('type')}"]
    if not _is(event["time"], INSTANT):
        faults.append("time")
    fields, required = FIELDS[event["type"]]
    data = event["data"]
    faults += [f"data.{name} is missing" for name in required - data.keys()]
    for name, value in data.items():
        if name not in fields or not _is(value, fields[name]) or (name in CHOICES and value not in CHOICES[name]):
            faults.append(f"data.{name}: {value!r}")
    if event["type"] == "mmbatch.job.interrupted" and data["reason"] not in INTERRUPTION_REASONS:
        faults.append("data.reason")
    return faults


def _is(value: Any, form: str) -> bool:
    if form == TEXT:
        return isinstance(value, str) and value != ""
    if form == COUNT:
        return type(value) is int and value >= 0
    if form == NUMBER:
        return type(value) in (int, float) and value >= 0
    if form == INSTANT:
        return bool(RFC3339.fullmatch(value)) and datetime.fromisoformat(value).tzinfo is not None
    if form == TAGS:
        return all(isinstance(part, str) for pair in value.items() for part in pair)
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
