"""Facts merged into jobs with their attempts, checkpoints and restores (docs/definitions.md section 1)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mmbatch_dash.domain.choices import SourceKind
from tests.reference.attempts import Attempt, divide, merge_attempts, place_of, tells_of_running
from tests.reference.instances import Instances, column
from tests.reference.said import Said
from tests.reference.transfers import Checkpoint, Restore, merge_checkpoints, merge_restores

JOB_FIELDS = (
    *("name", "queue", "user", "vcpus", "memory_mib", "gpus"),
    *("submitted_at", "is_parent", "platform", "region"),
)


@dataclass
class Job:
    """One job with everything that happened to it; `heard_at` is the latest time of anything said of it."""

    job_id: str
    fields: dict[str, Any]
    status: str = "SUBMITTED"
    completed_at: datetime | None = None
    heard_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    restores: list[Restore] = field(default_factory=list)
    is_parent: bool = False
    never_started: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether the job's status is terminal."""
        return self.status in ("SUCCEEDED", "FAILED")

    @property
    def ran(self) -> list[Attempt]:
        """The attempts that ran, as far as is known."""
        return [one for one in self.attempts if one.ran]

    @property
    def started_at(self) -> datetime | None:
        """Start of the first attempt that ran, unknown if that was not seen."""
        return self.ran[0].started_at if self.ran else None

    @property
    def carried_nothing(self) -> bool:
        """Whether it never started, or none of its ended attempts ran."""
        ended = [one for one in self.attempts if not one.is_open]
        return self.never_started or (bool(ended) and not any(one.ran for one in ended))

    @property
    def platform(self) -> str | None:
        """EC2, FARGATE or EKS; None where that is not known."""
        platform: str | None = self.fields["platform"]
        if platform is None or not {"EC2", "FARGATE"} <= set(platform.split(",")):
            return platform
        if any(one.instance_id or column(one.said, "container_instance_arn") for one in self.attempts):
            return "EC2"
        return "FARGATE" if any(one.has_task for one in self.attempts) else None


def merge_jobs(said: Sequence[Said], instances: Instances) -> list[Job]:
    """Every job and parent that any fact names, in order of first appearance of its id."""
    of_job: dict[str, list[Said]] = defaultdict(list)
    parents = {one.fact["parent_id"] for one in said if "parent_id" in one.fact}
    for one in said:
        if "job_id" in one.fact:
            of_job[one.fact["job_id"]].append(one)
    jobs = [_merge_job(job_id, facts, instances) for job_id, facts in of_job.items()]
    others = _others_by_name(said)
    for job in jobs:
        job.is_parent = job.job_id in parents or any(one.fact.get("is_parent") for one in of_job[job.job_id])
        job.heard_at = _heard_at(job, of_job[job.job_id], others)
    return jobs


def _merge_tags(said: list[Said]) -> dict[str, str] | None:
    """Each tag is a field of its own: of two sources that tell the same key, the one with the higher weight wins."""
    telling = [one.fact["tags"] for one in sorted(said, key=lambda one: one.weight) if one.fact.get("tags") is not None]
    return {key: value for tags in telling for key, value in tags.items()} if telling else None


def _merge_job(job_id: str, said: list[Said], instances: Instances) -> Job:
    job = Job(job_id, {name: column(said, name) for name in JOB_FIELDS} | {"tags": _merge_tags(said)})
    of = divide(said)
    final = [one for one in said if one.fact.get("status") in ("SUCCEEDED", "FAILED") and not _was_retried(one, of)]
    cancelled = False
    if final:
        by_aws = [one for one in final if one.kind is SourceKind.AWS]
        job.status = max(by_aws or final, key=lambda one: one.weight).fact["status"]
        job.completed_at = column(final, "completed_at")
        endings = {one.fact.get("end_reason") for one in final}
        cancelled = "cancelled" in endings and all(one.fact["status"] != "SUCCEEDED" for one in final)
    job.attempts = merge_attempts(of, job.status if final else None, job.completed_at, instances, cancelled=cancelled)
    by_aws_never = any(one.kind is SourceKind.AWS and one.fact.get("never_started") for one in said)
    told_of_none = cancelled and not of
    job.never_started = (
        bool(final) and (by_aws_never or told_of_none) and not any(tells_of_running(one) for one in said)
    )
    engine = [one for one in said if one.type.startswith(("mmbatch.checkpoint.", "mmbatch.restore."))]
    # Two doors never count one checkpoint twice: the most specific kind of source that tells of any.
    best = [one for one in engine if one.kind == max(other.kind for other in engine)]
    job.checkpoints, job.restores = merge_checkpoints(best), merge_restores(best)
    for attempt in job.attempts:
        if job.never_started:
            attempt.end_reason, attempt.started_at = "not_started", None
        attempt.platform = job.platform
        attempt.region = attempt.region or job.fields["region"]
    if not final:
        job.status = _status_of_unfinished(job, said)
    return job


def _was_retried(end: Said, of: dict[int, list[Said]]) -> bool:
    """A failure is the job's end unless a later attempt starts; AWS Batch says FAILED only after its last attempt."""
    if end.kind is SourceKind.AWS or end.fact["status"] != "FAILED":
        return False
    number = place_of(end, of)
    return number is not None and any(later > number for later in of)


def _status_of_unfinished(job: Job, said: list[Said]) -> str:
    if any(attempt.is_open for attempt in job.attempts):
        return "RUNNING"
    if job.ran:
        return "RUNNABLE"
    reported = [one for one in said if "status" in one.fact and one.fact["status"] not in ("SUCCEEDED", "FAILED")]
    return str(column(reported, "status") or "SUBMITTED")


def _others_by_name(said: Sequence[Said]) -> dict[tuple[str, str], list[datetime]]:
    """("node", "host" or "job"; its id) → the times of what was said of it without naming one job."""
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in said:
        if "job_id" in one.fact:
            continue
        names = [("job", job_id) for job_id in one.fact.get("job_ids", ())]
        if one.type.startswith("mmbatch.node."):
            told = (("node", one.fact.get("node_id")), ("host", one.fact.get("instance_id")))
            names += [(what, name) for what, name in told if name is not None]
        for name in names:
            found[name].append(one.fact["at"])
    return found


def _heard_at(job: Job, said: list[Said], others: dict[tuple[str, str], list[datetime]]) -> datetime:
    """The latest time of any entry about the job, its attempts or their nodes."""
    names = {("node", one.fact["node_id"]) for one in said if "node_id" in one.fact}
    names |= {("host", attempt.instance_id) for attempt in job.attempts if attempt.instance_id}
    return max([one.fact["at"] for one in said] + [at for name in (*names, ("job", job.job_id)) for at in others[name]])
