"""Jobs, nodes and hourly sums in the shapes the MMBatch Management Server publishes (api.md, marked M).

A job's `batchJobIds` lists one id, the AWS Batch job id, which is our job_id and also its `id`. An attempt is told as
Job-Running on its node and, where it ended before the job did, Job-Stopped (interrupted) or Job-Failed. The importer of
this format reads it back: the same jobs, attempts and spotProtCount. What the format has no word for (a reason more
exact than stopped, an attempt nobody saw begin, which checkpoint a restore used) does not come back.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from mmbatch_dash.domain.durations import parse_duration
from mmbatch_dash.domain.facts import VOLUME_LISTED
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.series import DEFINITIONS, LEVELS, QUEUE, SYSTEM, describe_series
from mmbatch_dash.domain.volumes import event_name
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold.removing import removed_before
from mmbatch_dash.store.queries.nodes import NodePatience, fetch_nodes
from mmbatch_dash.store.queries.published import MOST_QUEUES, JobParts, fetch_hours, read_job_parts
from mmbatch_dash.store.queries.rows import Row
from mmbatch_dash.store.queries.series import OF_LISTED_JOBS, fetch_queues, fetch_series

JOBS_AT_ONCE = 4_000
_CHECKPOINT = ("Job-Checkpointing", {"succeeded": "Job-CheckpointSucceeded", "failed": "Job-CheckpointFailed"})
_RESTORE = ("Job-Restoring", {"succeeded": "Job-RestoreSucceeded", "failed": "Job-RestoreFailed"})
_INTERRUPTED = ("reclaimed", "host_lost")
_PAY_TYPES = {"spot": "Spot", "on-demand": "OnDemand"}
# At one instant an end is told before what follows it, and a beginning before what it makes possible.
_ORDER = ("Job-Created", "Job-Stopped", "Job-Failed", "Job-Running", "Job-Restoring")


class Published:
    """Answers in published shapes; thread-safe."""

    def __init__(
        self,
        database: Database,
        patience: Callable[[], NodePatience],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._patience = patience
        self._clock = clock

    def jobs(self, selection: Selection, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """The selected jobs, first submitted first, a batch in memory at a time."""
        self._database.require()
        return map(publish_job, read_job_parts(self._database, selection, batch=JOBS_AT_ONCE, limit=limit))

    def nodes(self, selection: Selection) -> list[dict[str, Any]]:
        """The nodes of the selection, those heard of last first."""
        with self._database.cursor() as cursor:
            rows = fetch_nodes(cursor, selection, self._clock(), self._patience())
        return [publish_node(row) for row in rows]

    def hours(self, selection: Selection) -> dict[str, Any]:
        """One point an hour and queue: jobs submitted, run time and time saved in seconds, Spot protections."""
        with self._database.cursor() as cursor:
            rows = fetch_hours(cursor, selection)
        series = {
            "jobSubmitted": "jobs",
            "runtime": "runtime_seconds",
            "spotProtection": "spot_protections",
            "timeSaved": "saved_seconds",
        }
        return {"items": {name: _points(name, column, rows) for name, column in series.items()}}

    def series(self) -> list[dict[str, Any]]:
        """Every metric series in the published shape: of all jobs, and of each of the largest queues."""
        with self._database.cursor() as cursor:
            queues = fetch_queues(cursor, most=MOST_QUEUES)
        objects = [SYSTEM, *(QUEUE + queue for queue in queues)]
        return [describe_series(definition, one) for one in objects for definition in DEFINITIONS.values()]

    def values(
        self, definition_id: str, object_id: str, *, level: str, start: datetime | None, end: datetime | None
    ) -> dict[str, Any]:
        """Points of one series in the published shape, no further back than its level is kept."""
        now, (kept, _) = self._clock(), LEVELS[level]
        since = max(start or now - kept, now - kept)
        queue = None if object_id == SYSTEM else object_id.removeprefix(QUEUE)
        seconds = int(parse_duration(level).seconds)
        with self._database.snapshot() as cursor:
            before = removed_before(cursor)
            found = fetch_series(cursor, definition_id, queue, seconds=seconds, from_at=since, to_at=end or now)
        points = [{"time": to_iso(at), "value": value} for at, value in found]
        lacking = definition_id in OF_LISTED_JOBS and before is not None and since < before
        notes = {"leftOut": f"jobs that ended before {to_iso(before)} (retention.jobs)"} if lacking and before else {}
        return {"id": f"{definition_id}.{object_id}", "points": points, "metaData": notes}


def publish_job(parts: JobParts) -> dict[str, Any]:
    """One job in the shape of GET /api/v1/job."""
    job = parts.job
    attempts = sorted(parts.attempts, key=lambda row: row["attempt"])
    latest = attempts[-1] if attempts else None
    return {
        "id": job["job_id"],
        "queueName": job["queue"],
        "createdAt": _text(job["submitted_at"]),
        "updatedAt": _text(job["updated_at"]),
        "status": job["status"],
        "nodeOid": _node_of(latest),
        "containerId": latest["container_id"] if latest else None,
        "spotProtCount": job["protections_succeeded"],
        "batchJobIds": [job["job_id"]],
        "volumeIds": sorted({row["volume_id"] for row in parts.volumes if row["volume_id"]}),
        "events": _events(parts, attempts),
    }


def publish_node(row: Row) -> dict[str, Any]:
    """One node in the shape of GET /api/v1/node; what no event tells is null."""
    return {
        "id": row["node_id"],
        "ips": [],
        "hostName": None,
        "cloud": "AWS",
        "arch": None,
        "cores": row["vcpus"],
        "cpuModel": None,
        "cpuVendor": None,
        "memoryInMB": row["memory_mib"],
        "instance": {
            "zone": row["availability_zone"],
            "instanceId": row["instance_id"],
            "instanceType": row["instance_type"],
            "region": row["availability_zone"][:-1] if row["availability_zone"] else None,
            "createTime": _text(row["instance_launched_at"]),
            "payType": _PAY_TYPES.get(row["purchase_option"]),
        },
        "lastHeartbeat": _text(row["last_heartbeat_at"] or row["stopped_at"]),
    }


def _events(parts: JobParts, attempts: list[Row]) -> list[dict[str, Any]]:
    job = parts.job
    by_number = {row["attempt"]: row for row in attempts}
    told: list[tuple[datetime | None, str, Row | None]] = [(job["submitted_at"], "Job-Created", None)]
    for row in attempts:
        told += [(row["started_at"], "Job-Running", row), (*_end_of(row, attempts[-1]), row)]
    for rows, (began, ends) in ((parts.checkpoints, _CHECKPOINT), (parts.restores, _RESTORE)):
        for row in rows:
            told.append((row["started_at"], began, by_number.get(row["attempt"])))
            if row["outcome"]:
                told.append((row["finished_at"], ends[row["outcome"]], by_number.get(row["attempt"])))
    last = attempts[-1] if attempts else None
    ended_at = job["completed_at"] or (last["ended_at"] if last else None)
    if job["status"] in ("SUCCEEDED", "FAILED"):
        cancelled = last is not None and last["end_reason"] == "cancelled"
        kind = "Job-Succeeded" if job["status"] == "SUCCEEDED" else "Job-Stopped" if cancelled else "Job-Failed"
        told.append((ended_at, kind, last))
    known = [(at, kind, attempt) for at, kind, attempt in told if at is not None and kind]
    known.sort(key=lambda event: (event[0], _ORDER.index(event[1]) if event[1] in _ORDER else len(_ORDER)))
    events = [(at, _event(parts, at, kind, attempt)) for at, kind, attempt in known]
    for row in sorted(parts.volumes, key=lambda row: (row["happened_at"], row["type"])):
        if row["type"] != VOLUME_LISTED:
            said = _event(parts, row["happened_at"], event_name(row["type"]), None)
            # How the format spells it.
            events.append((row["happened_at"], {**said, "volumnId": row["volume_id"]}))
    events.sort(key=lambda told: told[0])
    return [event for _, event in events]


def _event(parts: JobParts, at: datetime, kind: str, attempt: Row | None) -> dict[str, Any]:
    return {
        "timestamp": to_iso(at),
        "eventType": kind,
        "nodeOid": _node_of(attempt),
        "containerId": attempt["container_id"] if attempt else None,
        "batchJobId": parts.job["job_id"],
    }


def _end_of(row: Row, last: Row) -> tuple[datetime | None, str]:
    """When and as what an attempt ended, where the job's own end does not say it."""
    if row is last and (row["end_reason"] not in _INTERRUPTED):
        return None, ""
    if row["end_reason"] in _INTERRUPTED:
        return row["ended_at"], "Job-Stopped"
    return (row["ended_at"], "Job-Failed") if row["end_reason"] else (None, "")


def _node_of(attempt: Row | None) -> str | None:
    if attempt is None:
        return None
    node: str | None = attempt["node_id"] or attempt["instance_id"]
    return node


def _points(name: str, column: str, rows: list[Row]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{name}/{row['queue'] or ''}/{to_iso(row['hour'])}",
            "point": {"time": to_iso(row["hour"]), "value": row[column]},
            "metaData": {"queueName": row["queue"]},
        }
        for row in rows
        if row[column] is not None
    ]


def _text(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)
