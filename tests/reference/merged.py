"""Facts merged into jobs, attempts, checkpoints and restores: what docs/definitions.md section 1 calls facts."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mmbatch_dash.domain.choices import SourceKind
from tests.reference.instances import INSTANCE_FIELDS, Instances, column
from tests.reference.said import Said
from tests.reference.transfers import Checkpoint, Restore, merge_checkpoints, merge_restores

NOTICE_WINDOW = timedelta(minutes=10)
HOST_TERMINATED = re.compile(r"Host EC2 \(instance i-[^)]*\) terminated")
END_RANK = {"reclaimed": 0, "host_lost": 1, "failed": 2, "cancelled": 3, "completed": 4}


@dataclass
class Attempt:
    """One placement; `end_reason` is None where it has ended and nobody said how."""

    number: int
    started_at: datetime | None = None
    ended_at: datetime | None = None
    is_open: bool = True
    end_reason: str | None = "running"
    instance_id: str | None = None
    instance_type: str | None = None
    availability_zone: str | None = None
    purchase_option: str | None = None
    usd_per_hour: float | None = None
    exit_code: int | None = None
    platform: str | None = None


@dataclass
class Job:
    """One job with everything that happened to it."""

    job_id: str
    fields: dict[str, Any]
    status: str = "SUBMITTED"
    completed_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    restores: list[Restore] = field(default_factory=list)
    is_parent: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether the job's status is terminal."""
        return self.status in ("SUCCEEDED", "FAILED")

    @property
    def started_at(self) -> datetime | None:
        """Start of attempt 1, unknown if that was not seen."""
        return self.attempts[0].started_at if self.attempts else None


def merge_jobs(said: Sequence[Said], instances: Instances) -> list[Job]:
    """Every job and parent that any fact names, in order of first appearance of its id."""
    of_job: dict[str, list[Said]] = defaultdict(list)
    parents = {one.fact["parent_id"] for one in said if "parent_id" in one.fact}
    for one in said:
        if "job_id" in one.fact:
            of_job[one.fact["job_id"]].append(one)
    jobs = [_merge_job(job_id, facts, instances) for job_id, facts in of_job.items()]
    for job in jobs:
        job.is_parent = job.job_id in parents or bool(job.fields["is_parent"])
    return jobs


def _merge_job(job_id: str, said: list[Said], instances: Instances) -> Job:
    names = ("name", "queue", "user", "tags", "vcpus", "memory_mib", "gpus", "submitted_at", "is_parent", "platform")
    job = Job(job_id, {name: column(said, name) for name in names})
    starts = {
        number: column([one for one in said if one.fact.get("attempt") == number], "started_at")
        for number in range(1, max([one.fact.get("attempt", 0) for one in said]) + 1)
    }
    terminal = [one for one in said if one.fact.get("status") in ("SUCCEEDED", "FAILED")]
    final = [one for one in terminal if not _was_retried(one, starts)]
    by_aws = [one for one in final if one.kind is SourceKind.AWS]
    if final:
        job.status = max(by_aws or final, key=lambda one: one.weight).fact["status"]
        job.completed_at = column(final, "completed_at")
    for number in starts:
        mine = [one for one in said if one.fact.get("attempt", _placed(one, starts)) == number]
        job.attempts.append(_merge_attempt(number, mine, job, is_latest=number == max(starts), instances=instances))
    job.checkpoints, job.restores = merge_checkpoints(said), merge_restores(said)
    if not final:
        job.status = _status_of_unfinished(job, said)
    return job


def _was_retried(end: Said, starts: dict[int, datetime | None]) -> bool:
    """A failure is the job's end unless a later attempt starts; AWS Batch says FAILED only after its last attempt."""
    if end.kind is SourceKind.AWS or end.fact["status"] != "FAILED":
        return False
    number = _placed(end, starts)
    return number is not None and any(later > number for later in starts)


def _placed(one: Said, starts: dict[int, datetime | None]) -> int | None:
    """The attempt an end is about: its own number, else the latest attempt that had started by then."""
    if "attempt" in one.fact:
        return one.fact["attempt"]
    if "ended_at" not in one.fact:
        return None
    started = [number for number, start in starts.items() if start is not None and start <= one.fact["at"]]
    return max(started or starts, default=None)


def _merge_attempt(number: int, said: list[Said], job: Job, *, is_latest: bool, instances: Instances) -> Attempt:
    attempt = Attempt(number, platform=job.fields["platform"])
    attempt.started_at = column(said, "started_at")
    attempt.usd_per_hour, attempt.exit_code = column(said, "usd_per_hour"), column(said, "exit_code")
    attempt.instance_id = instances.resolve(said)
    known = instances.fields.get(attempt.instance_id or "", {})
    for name in INSTANCE_FIELDS:
        own = column(said, name)
        setattr(attempt, name, known.get(name) if own is None else own)
    ends = [(one.fact["ended_at"], END_RANK[one.fact["end_reason"]]) for one in said if "ended_at" in one.fact]
    if ends:
        attempt.ended_at, rank = min(ends)
        attempt.end_reason = next(reason for reason, r in END_RANK.items() if r == rank)
    elif is_latest and job.has_ended:
        attempt.ended_at = job.completed_at
        attempt.end_reason = "completed" if job.status == "SUCCEEDED" else "failed"
    elif not is_latest:
        attempt.end_reason = None
    attempt.is_open = attempt.end_reason == "running"
    return _settle(attempt, said, instances)


def _settle(attempt: Attempt, said: list[Said], instances: Instances) -> Attempt:
    """The attempt, its failure or lost host seen as a reclaim where a notice or AWS Batch says so."""
    if attempt.end_reason not in ("failed", "host_lost") or attempt.ended_at is None:
        return attempt
    noticed = instances.interruptions.get(attempt.instance_id or "", [])
    announced = any(timedelta(0) <= attempt.ended_at - at <= NOTICE_WINDOW for at in noticed)
    reasons = [one.fact.get("reason", "") for one in said]
    host_gone = attempt.purchase_option != "on-demand" and any(HOST_TERMINATED.match(reason) for reason in reasons)
    if announced or host_gone:
        attempt.end_reason = "reclaimed"
    return attempt


def _status_of_unfinished(job: Job, said: list[Said]) -> str:
    if any(attempt.is_open for attempt in job.attempts):
        return "RUNNING"
    if job.attempts:
        return "RUNNABLE"
    reported = [one for one in said if "status" in one.fact and one.fact["status"] not in ("SUCCEEDED", "FAILED")]
    return str(column(reported, "status") or "SUBMITTED")
