"""One job record of an MMBatch management server as entries: its identity, its attempts and what each event states.

- **Job.** `batchJobIds` are the AWS Batch jobs that carried it. The job is known by the one named by its earliest event
  that names any, else by the first listed, else by the record's own `id`: that one does not change as others are added,
  it is where AWS's own word on the job arrives, and an export of our own, which lists the job's id, reads back as it.
- **Attempt.** Which attempt an event is of is worked out in `mmbatch_placing`.
- **Protections.** `spotProtCount` counts the moves to another node that Spot forced and a restore survived, and does
  not say which. As many moves as it counts are reclaims: those followed by a restore that succeeded first, then those
  of whose restore nothing is told, which then succeeded where the next attempt began; never one whose restore failed.
  An ended job may count more than its events show: those came after the last attempt shown, at unknown times.
- **Ends.** A Job-Stopped that a later attempt or another end follows, or whose job waits for its next one (RUNNABLE) or
  for its volume, is where the attempt was interrupted; else, as the last word on the job, it is a cancellation. That an
  attempt was reclaimed is told also where nothing says when.
- **Volumes.** What happens to the job's EBS volume is read in `mmbatch_volumes`; a job that waits for it says so.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from itertools import pairwise
from typing import Any

from mmbatch_dash.adapters.arns import short_name
from mmbatch_dash.adapters.batch_detail import parent_of
from mmbatch_dash.adapters.mmbatch_moves import RESTORED, Moves, count_moves
from mmbatch_dash.adapters.mmbatch_placing import CREATES, RESTORING, Placed, Told, place_events
from mmbatch_dash.adapters.mmbatch_times import moment_of
from mmbatch_dash.adapters.mmbatch_volumes import list_volumes, read_volume, unready_reason, unready_status
from mmbatch_dash.adapters.reading import Lenient, content_id, integer_of, known, mappings_of, required_text, text_of
from mmbatch_dash.domain.choices import EndReason, JobStatus, SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, JOB_REPORTED, Entry, Fact

SOURCE = "mmbatch.api/job"
NOT_TOLD = "not told"
"""Stands for the checkpoint of a restore of which only the count of protections tells."""
_ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED)
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


def read_job(record: Any, *, zone: tzinfo) -> Iterator[Entry]:
    """The entries of one job: the record's own first, then one for each event in order of time.

    Raises:
        InvalidInput: the record has no id or no time, or a field is wrong; then nothing of it enters.
    """
    if not isinstance(record, Mapping):
        raise InvalidInput(f"a job is a JSON object, not {record!r:.80}")
    own_id = required_text(record, "id")
    lenient = Lenient()
    events = _told(record, zone)
    node, container = (lenient.read(text_of, record, key) for key in ("nodeOid", "containerId"))
    placed = place_events(events, last_node=node, last_container=container)
    job_id = _job_id(record, placed)
    counted = lenient.read(integer_of, record, "spotProtCount") or 0
    status = (lenient.read(text_of, record, "status") or "").upper()
    ended, goes_on = status in _ENDED, status == JobStatus.RUNNABLE or unready_status(status) is not None
    moves = count_moves(placed, counted, ended=ended)
    if moves.unseen:
        # The record's own node is then that of an attempt which no event shows.
        placed = place_events(events, last_node=None, last_container=None)
    entries = [_record_entry(record, job_id, placed, moves, zone, lenient)]
    for event in placed:
        facts = _facts(event, placed, job_id, moves, job_goes_on=goes_on)
        # What an event means depends on those after it (a stop may become an interruption), so the id tells it apart.
        meaning = [[fact["type"], fact.get("end_reason")] for fact in facts]
        identity = content_id([own_id, dict(event.told.raw), event.attempt, meaning])
        raw = {"id": own_id, "event": dict(event.told.raw)}
        entries.append(Entry(SOURCE, identity, SourceKind.TRACE, event.told.kind, event.told.at, facts, raw))
    yield from entries


def _told(record: Mapping[str, Any], zone: tzinfo) -> list[Told]:
    """The events by time, those of one instant in the order listed."""
    told = []
    for number, raw in enumerate(mappings_of(record, "events")):
        path = f"events[{number}]."
        at = moment_of(raw, "timestamp", zone=zone, path=path)
        if at is None:
            raise InvalidInput("is missing; an event without a time cannot be placed", field=f"{path}timestamp")
        told.append(Told(at, required_text(raw, "eventType", path=path), text_of(raw, "nodeOid", path=path), raw))
    return sorted(told, key=lambda event: event.at)


def _record_entry(
    record: Mapping[str, Any], job_id: str, placed: list[Placed], moves: Moves, zone: tzinfo, lenient: Lenient
) -> Entry:
    created = lenient.read(moment_of, record, "createdAt", zone=zone)
    updated = lenient.read(moment_of, record, "updatedAt", zone=zone)
    times = [time for time in (created, updated, *(event.told.at for event in placed)) if time is not None]
    if not times:
        raise InvalidInput("the job has no time: createdAt, updatedAt and events are all missing", field="createdAt")
    said_status = lenient.read(text_of, record, "status") or ""
    status = unready_status(said_status) or said_status.upper()
    creation = next((event.told.at for event in placed if event.told.kind in CREATES), None)
    fact = known(
        {
            "type": JOB_REPORTED,
            "at": max(times),
            "job_id": job_id,
            "parent_id": parent_of(job_id),
            "queue": short_name(lenient.read(text_of, record, "queueName")),
            "status": status if status in set(JobStatus) else None,
            "status_reason": unready_reason(said_status, placed),
            "submitted_at": created or creation,
            "unread": lenient.unread or None,
        }
    )
    said = {key: value for key, value in record.items() if key != "events"}
    facts = [fact, *_moved(moves, job_id, max(times))]
    if moves.unseen and (node := lenient.read(text_of, record, "nodeOid")):
        last = max(event.attempt or 0 for event in placed) + moves.unseen
        latest: Fact = {"type": ATTEMPT_REPORTED, "at": max(times), "job_id": job_id, "attempt": last}
        facts.append({**latest, **_on_node(node)})
    meaning = [[told["type"], told["attempt"]] for told in facts[1:]]
    identity = content_id([said, meaning]) if meaning else content_id(said)
    facts += list_volumes(record, placed, job_id, max(times))
    return Entry(SOURCE, identity, SourceKind.TRACE, "MMBatch job", max(times), facts, said)


def _moved(moves: Moves, job_id: str, at: datetime) -> list[Fact]:
    """That attempts were reclaimed, at a time that may be unknown, and restores that only the count tells of."""
    facts: list[Fact] = [
        {
            "type": ATTEMPT_REPORTED,
            "at": at,
            "job_id": job_id,
            "attempt": attempt,
            "end_reason": EndReason.RECLAIMED.value,
        }
        for attempt in sorted(moves.reclaimed)
    ]
    for attempt, begun_at in sorted(moves.restored.items()):
        restore: Fact = {"type": RESTORED, "at": begun_at or at, "job_id": job_id, "attempt": attempt}
        if begun_at is None:
            # Nobody knows from which checkpoint: what was carried is unknown, not what the latest one would give.
            restore["checkpoint_id"] = NOT_TOLD
        facts.append(restore)
    return facts


def _job_id(record: Mapping[str, Any], placed: list[Placed]) -> str:
    named = next((name for event in placed if (name := text_of(event.told.raw, "batchJobId"))), None)
    listed = record.get("batchJobIds") or []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InvalidInput("must be a list of texts", field="batchJobIds")
    return named or next((item for item in listed if item), None) or required_text(record, "id")


def _facts(event: Placed, placed: list[Placed], job_id: str, moves: Moves, *, job_goes_on: bool) -> list[Fact]:
    told = event.told
    if volume := read_volume(told, job_id):
        return [volume]
    base: Fact = {"type": "", "at": told.at, "job_id": job_id}
    if event.attempt is None:
        # Without an attempt only the job's own end means anything.
        return [_job_end(base, told)] if told.kind in _ENDS else []
    stopped = told.kind == "Job-Stopped"
    is_end_of_job = told.kind in _ENDS and not _goes_on(event, placed) and not (stopped and job_goes_on)
    # The moves that events do not show came before the end of the job.
    base["attempt"] = event.attempt + (moves.unseen if is_end_of_job else 0)
    facts: list[Fact] = []
    if event.begins:
        facts.append(_started(base, event))
    if told.kind in _ENGINE:
        facts.append(_engine(base, event, placed))
    if told.kind in _ENDS:
        if stopped and not is_end_of_job:
            reason = EndReason.RECLAIMED if event.attempt in moves.reclaimed else EndReason.HOST_LOST
            ended: Fact = {"type": "mmbatch.job.interrupted", "ended_at": told.at, "end_reason": reason.value}
            facts.append({**base, **ended})
        else:
            facts.append(_job_end(base, told))
    return facts


def _goes_on(event: Placed, placed: list[Placed]) -> bool:
    """Whether more is told of the job: a later attempt, or another end of it."""
    place = next(number for number, other in enumerate(placed) if other is event)
    return any(
        (other.attempt or 0) > (event.attempt or 0) or (number > place and other.told.kind in _ENDS)
        for number, other in enumerate(placed)
    )


def _started(base: Fact, event: Placed) -> Fact:
    fact: Fact = {**base, "type": "mmbatch.job.started", "started_at": event.told.at}
    if event.node:
        fact.update(_on_node(event.node))
    if event.container:
        fact["container_id"] = event.container
    return fact


def _on_node(node: str) -> Fact:
    return {"node_id": node, "instance_id": node} if _INSTANCE_ID.fullmatch(node) else {"node_id": node}


def _engine(base: Fact, event: Placed, placed: list[Placed]) -> Fact:
    """A checkpoint or restore event; an end carries the time and the duration that its start gives it."""
    fact: Fact = {**base, "type": _ENGINE[event.told.kind]}
    is_checkpoint = fact["type"].startswith("mmbatch.checkpoint.")
    start_kind = "Job-Checkpointing" if is_checkpoint else RESTORING
    if event.told.kind == start_kind:
        return fact
    started = _start_of(event, start_kind, placed)
    if started is not None:
        fact["duration_seconds"] = (event.told.at - started).total_seconds()
        if is_checkpoint:
            fact["taken_at"] = started
    return fact


def _start_of(event: Placed, start_kind: str, placed: list[Placed]) -> datetime | None:
    """When what `event` ends began; None where another end of the kind stands between, or it began nowhere."""
    kind = event.told.kind.removesuffix("Succeeded").removesuffix("Failed")
    same = [
        other
        for other in placed
        if other.attempt == event.attempt and (other.told.kind == start_kind or other.told.kind.startswith(kind))
    ]
    for before, after in pairwise(same):
        if after is event:
            return before.told.at if before.told.kind == start_kind else None
    return None


def _job_end(base: Fact, told: Told) -> Fact:
    name, status, reason = _ENDS[told.kind]
    fact: Fact = {
        **base,
        "type": name,
        "completed_at": told.at,
        "ended_at": told.at,
        "status": status.value,
        "end_reason": reason.value,
    }
    if reason is EndReason.CANCELLED:
        fact["status_reason"] = "cancelled: stopped"
    return fact
