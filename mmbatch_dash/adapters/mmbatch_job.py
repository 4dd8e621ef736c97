"""One job record of an MMBatch management server as entries: its identity, its attempts and what each event states.

- **Job.** `batchJobIds` are the AWS Batch jobs that carried it. The job is known by the one named by its earliest event
  that names any, else by the first listed, else by the record's own `id`: that one does not change as others are added,
  it is where AWS's own word on the job arrives, and an export of our own, which lists the job's id, reads back as it.
- **Attempt.** The first Job-Running or Job-Restoring begins attempt 1. A Job-Running or Job-Restoring on another node
  than the attempt's begins the next; so does, after a Job-Restoring, any event on a node that is new, and a Job-Running
  after a Job-Stopped or Job-Failed. Other events belong to the latest attempt on their node.
- **Ends.** A Job-Stopped that a later attempt or another end follows is where the attempt was interrupted; as the last
  word on the job it is a cancellation. An attempt left without any is over at an unknown time. The server counts Spot
  protections but does not say which: where they are as many as the moves, each interruption is a reclaim; else as many
  as it counts are, of those a successful restore follows, and at the others the host was lost.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any

from mmbatch_dash.adapters.arns import short_name
from mmbatch_dash.adapters.batch_detail import parent_of
from mmbatch_dash.adapters.mmbatch_times import moment_of
from mmbatch_dash.adapters.reading import content_id, integer_of, known, mappings_of, required_text, text_of
from mmbatch_dash.domain.choices import EndReason, JobStatus, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import JOB_REPORTED, Entry, Fact

SOURCE = "mmbatch.api/job"
_BEGINS = frozenset({"Job-Running", "Job-Restoring"})
_CREATES = frozenset({"Job-Creating", "Job-Created"})
_INSTANCE_ID = re.compile(r"i-[0-9a-f]{8,}")
_ENGINE = {
    "Job-Checkpointing": "mmbatch.checkpoint.started",
    "Job-CheckpointSucceeded": "mmbatch.checkpoint.succeeded",
    "Job-CheckpointFailed": "mmbatch.checkpoint.failed",
    "Job-Restoring": "mmbatch.restore.started",
    "Job-RestoreSucceeded": "mmbatch.restore.succeeded",
    "Job-RestoreFailed": "mmbatch.restore.failed",
}
_ENDS = {
    "Job-Succeeded": ("mmbatch.job.succeeded", JobStatus.SUCCEEDED, EndReason.COMPLETED),
    "Job-Failed": ("mmbatch.job.failed", JobStatus.FAILED, EndReason.FAILED),
    "Job-Stopped": ("mmbatch.job.cancelled", JobStatus.FAILED, EndReason.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class _Placed:
    """One event with the attempt it belongs to; `attempt` is None before the first."""

    at: datetime
    kind: str
    node: str | None
    attempt: int | None
    begins: bool
    raw: Mapping[str, Any]


def read_job(record: Any, *, zone: tzinfo) -> Iterator[Entry]:
    """The entries of one job: the record's own first, then one for each event in order of time.

    Raises:
        InvalidInput: the record has no id or no time, or a field is wrong; then nothing of it enters.
    """
    if not isinstance(record, Mapping):
        raise InvalidInput(f"a job is a JSON object, not {record!r:.80}")
    own_id = required_text(record, "id")
    placed = _place(record, zone)
    job_id = _job_id(record, placed)
    entries = [_record_entry(record, job_id, placed, zone)]
    reclaimed = _reclaimed(placed, integer_of(record, "spotProtCount") or 0)
    for event in placed:
        facts = _facts(event, placed, job_id, reclaimed)
        # What an event means depends on those after it (a stop may become an interruption), so the id tells it apart.
        identity = content_id([own_id, dict(event.raw), event.attempt, [fact["type"] for fact in facts]])
        raw = {"id": own_id, "event": dict(event.raw)}
        entries.append(Entry(SOURCE, identity, SourceKind.NATIVE, event.kind, event.at, facts, raw))
    yield from entries


def _record_entry(record: Mapping[str, Any], job_id: str, placed: list[_Placed], zone: tzinfo) -> Entry:
    created = moment_of(record, "createdAt", zone=zone)
    updated = moment_of(record, "updatedAt", zone=zone)
    times = [time for time in (created, updated, *(event.at for event in placed)) if time is not None]
    if not times:
        raise InvalidInput("the job has no time: createdAt, updatedAt and events are all missing", field="createdAt")
    status = (text_of(record, "status") or "").upper()
    fact = known(
        {
            "type": JOB_REPORTED,
            "at": max(times),
            "job_id": job_id,
            "parent_id": parent_of(job_id),
            "queue": short_name(text_of(record, "queueName")),
            "status": status if status in set(JobStatus) else None,
            "submitted_at": created or next((event.at for event in placed if event.kind in _CREATES), None),
        }
    )
    said = {key: value for key, value in record.items() if key != "events"}
    return Entry(SOURCE, content_id(said), SourceKind.NATIVE, "MMBatch job", max(times), [fact], said)


def _job_id(record: Mapping[str, Any], placed: list[_Placed]) -> str:
    named = next((name for event in placed if (name := text_of(event.raw, "batchJobId"))), None)
    listed = record.get("batchJobIds") or []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InvalidInput("must be a list of texts", field="batchJobIds")
    return named or next((item for item in listed if item), None) or required_text(record, "id")


def _place(record: Mapping[str, Any], zone: tzinfo) -> list[_Placed]:
    """The events by time (those of one instant in the order listed), each with its attempt."""
    timed = []
    for number, raw in enumerate(mappings_of(record, "events")):
        path = f"events[{number}]."
        at = moment_of(raw, "timestamp", zone=zone, path=path)
        if at is None:
            raise InvalidInput("is missing; an event without a time cannot be placed", field=f"{path}timestamp")
        node = text_of(raw, "nodeOid", path=path)
        timed.append((at, required_text(raw, "eventType", path=path), node, raw))
    timed.sort(key=lambda event: event[0])

    placed: list[_Placed] = []
    attempt, current, restoring, over = 0, None, False, False
    on_node: dict[str | None, int] = {}
    for at, kind, node, raw in timed:
        elsewhere = node is not None and node != current
        # What stopped or failed is over: running again, be it on the same node, is another attempt.
        begins = (kind in _BEGINS and (attempt == 0 or elsewhere)) or (kind == "Job-Running" and over)
        begins = begins or (restoring and elsewhere and node not in on_node)
        # An attempt whose node nobody named yet gets the first name, not a successor.
        begins = begins and (attempt == 0 or current is not None or over)
        if begins:
            attempt += 1
        if begins or (current is None and attempt):
            current = node
            on_node[node] = attempt
        restoring = not begins and (restoring or kind == "Job-Restoring")
        # A node may report its end of an attempt after the next one began elsewhere.
        placed.append(_Placed(at, kind, node, on_node.get(node, attempt) or None, begins, raw))
        over = not begins and (over or (kind in _ENDS and placed[-1].attempt == attempt))
    return placed


def _reclaimed(placed: list[_Placed], protections: int) -> frozenset[int]:
    """The attempts that count as reclaimed: as many of those followed by a successful restore as were protected."""
    moves = max((event.attempt or 1 for event in placed), default=1) - 1
    if protections == moves:
        return frozenset(range(1, moves + 1))
    restored = {event.attempt or 0 for event in placed if event.kind == "Job-RestoreSucceeded"}
    stopped = {event.attempt or 0 for event in placed if event.kind == "Job-Stopped"}
    protected = [attempt for attempt in range(1, moves + 1) if attempt in stopped and attempt + 1 in restored]
    return frozenset(protected[:protections])


def _facts(event: _Placed, placed: list[_Placed], job_id: str, reclaimed: frozenset[int]) -> list[Fact]:
    base: Fact = {"type": "", "at": event.at, "job_id": job_id}
    if event.attempt is None:
        # Without an attempt only the job's own end means anything.
        return [_job_end(base, event)] if event.kind in _ENDS else []
    base["attempt"] = event.attempt
    facts: list[Fact] = []
    if event.begins:
        facts.append(_started(base, event))
    if event.kind in _ENGINE:
        facts.append(_engine(base, event, placed))
    if event.kind in _ENDS:
        if event.kind == "Job-Stopped" and _goes_on(event, placed):
            reason = EndReason.RECLAIMED if event.attempt in reclaimed else EndReason.HOST_LOST
            ended: Fact = {"type": "mmbatch.job.interrupted", "ended_at": event.at, "end_reason": reason.value}
            facts.append({**base, **ended})
        else:
            facts.append(_job_end(base, event))
    return facts


def _goes_on(event: _Placed, placed: list[_Placed]) -> bool:
    """Whether more is told of the job: a later attempt, or another end of it."""
    place = next(number for number, other in enumerate(placed) if other is event)
    return any(
        (other.attempt or 0) > (event.attempt or 0) or (number > place and other.kind in _ENDS)
        for number, other in enumerate(placed)
    )


def _started(base: Fact, event: _Placed) -> Fact:
    fact: Fact = {**base, "type": "mmbatch.job.started", "started_at": event.at}
    if event.node:
        fact["node_id"] = event.node
        if _INSTANCE_ID.fullmatch(event.node):
            fact["instance_id"] = event.node
    if container := text_of(event.raw, "containerId"):
        fact["container_id"] = container
    return fact


def _engine(base: Fact, event: _Placed, placed: list[_Placed]) -> Fact:
    """A checkpoint or restore event; an end carries the time and the duration that its start gives it."""
    fact: Fact = {**base, "type": _ENGINE[event.kind]}
    is_checkpoint = fact["type"].startswith("mmbatch.checkpoint.")
    start_kind = "Job-Checkpointing" if is_checkpoint else "Job-Restoring"
    if event.kind == start_kind:
        return fact
    started = _start_of(event, start_kind, placed)
    if started is not None:
        fact["duration_seconds"] = (event.at - started).total_seconds()
        if is_checkpoint:
            fact["taken_at"] = started
    return fact


def _start_of(event: _Placed, start_kind: str, placed: list[_Placed]) -> datetime | None:
    """When what `event` ends began; None where another end of the kind stands between, or it began nowhere."""
    kind = event.kind.removesuffix("Succeeded").removesuffix("Failed")
    same = [
        other
        for other in placed
        if other.attempt == event.attempt and (other.kind == start_kind or other.kind.startswith(kind))
    ]
    for before, after in pairwise(same):
        if after is event:
            return before.at if before.kind == start_kind else None
    return None


def _job_end(base: Fact, event: _Placed) -> Fact:
    name, status, reason = _ENDS[event.kind]
    fact: Fact = {
        **base,
        "type": name,
        "completed_at": event.at,
        "ended_at": event.at,
        "status": status.value,
        "end_reason": reason.value,
    }
    if reason is EndReason.CANCELLED:
        fact["status_reason"] = "cancelled: stopped"
    return fact
