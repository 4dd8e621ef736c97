"""One AWS Batch job, as EventBridge details and DescribeJobs answers both describe it, as facts.

The two doors give the same JobDetail shape, old and new: this module knows that shape and nothing of the doors.
Times inside are epoch milliseconds, 0 meaning not yet.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mmbatch_dash.adapters.arns import account_and_region, short_name
from mmbatch_dash.adapters.batch_attempts import read_attempts
from mmbatch_dash.adapters.batch_resources import Resources, read_resources
from mmbatch_dash.adapters.reading import Lenient, epoch_ms_of, known, mapping_of, required_text, text_of
from mmbatch_dash.domain.choices import EndReason, JobStatus
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import JOB_REPORTED, Fact
from mmbatch_dash.domain.instants import CLOCK_SKEW
from mmbatch_dash.domain.quoting import shown

TERMINAL = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED})
_TEXTS = ("jobName", "jobQueue", "jobDefinition", "statusReason")


def read_job(
    job: Mapping[str, Any],
    *,
    at: datetime,
    path: str = "",
    ended_by: datetime | None = None,
    region: str | None = None,
    summary: bool = False,
    purchase_options: Mapping[str, str],
) -> list[Fact]:
    """The facts of one job: `job.reported` first, then `attempt.reported` by number.

    Array and multi-node parents are containers of jobs: they are marked `is_parent` and have no attempts. What a job
    can do without and cannot be read is unknown, and its name is in `unread`.

    Args:
        job: JobDetail, or JobSummary of ListJobs.
        at: when the record was true.
        path: dotted prefix of field names in errors.
        ended_by: the terminal time of a terminal job that gives no `stoppedAt`.
        region: where it runs, if the job's own ARNs do not say.
        summary: it is a JobSummary, which never tells attempts.
        purchase_options: queue or compute environment → how EC2 sells its instances.

    Raises:
        InvalidInput: it has no id, a status that AWS Batch has not, or a time range that runs backwards.
    """
    lenient = Lenient()
    started_at = lenient.read(epoch_ms_of, job, "startedAt", path=path)
    fact = _job_fact(job, at=at, path=path, ended_by=ended_by, started_at=started_at, lenient=lenient)
    if where := region_of(job) or region:
        fact["region"] = where
    attempts: list[Fact] = []
    if not fact.get("is_parent") and not summary:
        attempts = read_attempts(
            job, fact=fact, started_at=started_at, purchase_options=purchase_options, lenient=lenient, path=path
        )
        for attempt in attempts:
            field = f"{path}attempts[{attempt['attempt'] - 1}].stoppedAt"
            check_forward(attempt.get("started_at"), attempt.get("ended_at"), field, "startedAt")
        _settle_platform(fact, attempts)
        if attempts and fact.get("status") in TERMINAL:
            fact["attempt"] = attempts[-1]["attempt"]
        if fact.get("status") == JobStatus.FAILED and not job.get("startedAt") and _none_ran(attempts):
            fact["never_started"] = True
    if lenient.unread:
        fact["unread"] = lenient.unread
    return [fact, *attempts]


def region_of(job: Mapping[str, Any]) -> str | None:
    """The region that the job's own ARNs name."""
    for key in ("jobArn", "jobQueue", "jobDefinition"):
        value = job.get(key)
        if isinstance(value, str) and (origin := account_and_region(value)) and origin[1]:
            return origin[1]
    return None


def _none_ran(attempts: list[Fact]) -> bool:
    return all(attempt.get("end_reason") == EndReason.NOT_STARTED for attempt in attempts)


def _settle_platform(fact: Fact, attempts: list[Fact]) -> None:
    """Where a record does not name a platform, a container instance says EC2 and a task without one Fargate.

    Of a job that may run on either the fold decides, from what all sources tell of its attempts.
    """
    if "platform" in fact:
        return
    if any("container_instance_arn" in attempt for attempt in attempts):
        fact["platform"] = "EC2"
    elif any(":task/" in attempt.get("container_id", "") for attempt in attempts):
        fact["platform"] = "FARGATE"


def _job_fact(
    job: Mapping[str, Any],
    *,
    at: datetime,
    path: str,
    ended_by: datetime | None,
    started_at: datetime | None,
    lenient: Lenient,
) -> Fact:
    job_id = required_text(job, "jobId", path=path)
    status = _status(job, path)
    created = lenient.read(epoch_ms_of, job, "createdAt", path=path)
    stopped = lenient.read(epoch_ms_of, job, "stoppedAt", path=path) if status in TERMINAL else None
    check_forward(created, started_at, f"{path}startedAt", "createdAt")
    check_forward(started_at, stopped, f"{path}stoppedAt", "startedAt")
    check_forward(created, stopped, f"{path}stoppedAt", "createdAt")
    resources = lenient.read(read_resources, job, path, lenient) or Resources()
    texts = {key: lenient.read(text_of, job, key, path=path) for key in _TEXTS}
    return known(
        {
            "type": JOB_REPORTED,
            "at": at,
            "job_id": job_id,
            "is_parent": lenient.read(_is_parent, job, path) or None,
            "parent_id": parent_of(job_id),
            "name": texts["jobName"],
            "queue": short_name(texts["jobQueue"]),
            "definition": short_name(texts["jobDefinition"]),
            "tags": lenient.read(_tags, job, path) or None,
            "status": status and status.value,
            "status_reason": texts["statusReason"],
            "submitted_at": created,
            "completed_at": (stopped or ended_by) if status in TERMINAL else None,
            "vcpus": resources.vcpus,
            "memory_mib": resources.memory_mib,
            "gpus": resources.gpus,
            "platform": resources.platform,
        }
    )


def parent_of(job_id: str) -> str | None:
    """The parent in the id of an array child (`id:index`) or a node of a multi-node job (`id#node`)."""
    for mark in (":", "#"):
        parent, found, index = job_id.rpartition(mark)
        if found and parent and index.isdigit():
            return parent
    return None


def check_forward(earlier: datetime | None, later: datetime | None, field: str, than: str) -> None:
    """Nothing where both times are in order, one is unknown, or they differ by no more than clock skew.

    Raises:
        InvalidInput: the range runs backwards.
    """
    if earlier is not None and later is not None and later < earlier - CLOCK_SKEW:
        raise InvalidInput(f"{later.isoformat()} is before {than} {earlier.isoformat()}", field=field)


def _status(job: Mapping[str, Any], path: str) -> JobStatus | None:
    value = text_of(job, "status", path=path)
    if value is None:
        return None
    try:
        return JobStatus(value)
    except ValueError:
        known = ", ".join(JobStatus)
        raise InvalidInput(f"{shown(value)} is not an AWS Batch job status ({known})", field=f"{path}status") from None


def _is_parent(job: Mapping[str, Any], path: str) -> bool:
    array = mapping_of(job, "arrayProperties", path=path)
    nodes = mapping_of(job, "nodeProperties", path=path)
    is_child = parent_of(str(job.get("jobId"))) is not None
    array_parent = array.get("size") is not None and array.get("index") is None
    node_parent = nodes.get("numNodes") is not None and nodes.get("nodeIndex") is None
    return not is_child and (array_parent or node_parent)


def _tags(job: Mapping[str, Any], path: str) -> dict[str, str]:
    tags = mapping_of(job, "tags", path=path)
    # EventBridge puts the job's own ARN among the tags; nobody set it.
    return {str(key): str(value) for key, value in tags.items() if not (key == "resourceArn" and ":job/" in str(value))}
