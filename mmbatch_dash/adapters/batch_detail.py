"""One AWS Batch job, as EventBridge details and DescribeJobs answers both describe it, as facts.

The two doors give the same JobDetail shape, old and new: this module knows that shape and nothing of the doors.
Times inside are epoch milliseconds, 0 meaning not yet.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mmbatch_dash.adapters.arns import short_name
from mmbatch_dash.adapters.batch_attempts import read_attempts
from mmbatch_dash.adapters.batch_resources import read_resources
from mmbatch_dash.adapters.reading import epoch_ms_of, known, mapping_of, required_text, text_of
from mmbatch_dash.domain.choices import JobStatus
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import JOB_REPORTED, Fact
from mmbatch_dash.domain.quoting import shown

TERMINAL = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED})
CLOCK_SKEW = timedelta(minutes=5)
"""The times of one record come from several hosts; within this the fold clips at 0 (metrics.md section 6)."""


def read_job(
    job: Mapping[str, Any],
    *,
    at: datetime,
    path: str = "",
    ended_by: datetime | None = None,
    summary: bool = False,
    purchase_options: Mapping[str, str],
) -> list[Fact]:
    """The facts of one job: `job.reported` first, then `attempt.reported` by number.

    Array and multi-node parents are containers of jobs: they are marked `is_parent` and have no attempts.

    Args:
        job: JobDetail, or JobSummary of ListJobs.
        at: when the record was true.
        path: dotted prefix of field names in errors.
        ended_by: the terminal time of a terminal job that gives no `stoppedAt`.
        summary: it is a JobSummary, which never tells attempts.
        purchase_options: queue or compute environment → how EC2 sells its instances.

    Raises:
        InvalidInput: a field is missing, of the wrong kind, out of range, or a time range runs backwards.
    """
    fact = _job_fact(job, at=at, path=path, ended_by=ended_by)
    if fact.get("is_parent") or summary:
        return [fact]
    started_at = epoch_ms_of(job, "startedAt", path=path)
    attempts = read_attempts(job, fact=fact, started_at=started_at, purchase_options=purchase_options, path=path)
    for attempt in attempts:
        field = f"{path}attempts[{attempt['attempt'] - 1}].stoppedAt"
        check_forward(attempt.get("started_at"), attempt.get("ended_at"), field, "startedAt")
    if any("container_instance_arn" in attempt for attempt in attempts):
        fact.setdefault("platform", "EC2")
    if attempts and fact.get("status") in TERMINAL:
        fact["attempt"] = attempts[-1]["attempt"]
    return [fact, *attempts]


def _job_fact(job: Mapping[str, Any], *, at: datetime, path: str, ended_by: datetime | None) -> Fact:
    job_id = required_text(job, "jobId", path=path)
    status = _status(job, path)
    created = epoch_ms_of(job, "createdAt", path=path)
    started = epoch_ms_of(job, "startedAt", path=path)
    stopped = epoch_ms_of(job, "stoppedAt", path=path) if status in TERMINAL else None
    check_forward(created, started, f"{path}startedAt", "createdAt")
    check_forward(started, stopped, f"{path}stoppedAt", "startedAt")
    check_forward(created, stopped, f"{path}stoppedAt", "createdAt")
    resources = read_resources(job, path)
    return known(
        {
            "type": JOB_REPORTED,
            "at": at,
            "job_id": job_id,
            "is_parent": _is_parent(job, path) or None,
            "parent_id": parent_of(job_id),
            "name": text_of(job, "jobName", path=path),
            "queue": short_name(text_of(job, "jobQueue", path=path)),
            "definition": short_name(text_of(job, "jobDefinition", path=path)),
            "tags": _tags(job, path) or None,
            "status": status and status.value,
            "status_reason": text_of(job, "statusReason", path=path),
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
