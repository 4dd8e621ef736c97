"""The attempts of one AWS Batch job as `attempt.reported` facts, in every shape AWS has used.

`attempts` (on EKS `eksAttempts`) lists the attempts that have ended. A RUNNING job's present one is not in it yet:
it is number len(attempts) + 1 and stands in `startedAt` and `container` of the job. An ended job of the time before AWS
Batch retried anything has no `attempts` at all; its one attempt stands in the same place.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mmbatch_dash.adapters.arns import compute_environment
from mmbatch_dash.adapters.batch_resources import task_containers, tasks_of
from mmbatch_dash.adapters.reading import epoch_ms_of, integer_of, mapping_of, mappings_of, text_of
from mmbatch_dash.domain.choices import EndReason, JobStatus
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, Fact

_HOST_TERMINATED = re.compile(r"Host EC2 \(instance (i-[0-9a-f]+)\)")
_ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED)


def read_attempts(
    job: Mapping[str, Any],
    *,
    fact: Fact,
    started_at: datetime | None,
    purchase_options: Mapping[str, str],
    path: str,
) -> list[Fact]:
    """The attempts by number; `fact` is the `job.reported` fact of the same record.

    A compute environment named by the container instance's ARN decides the purchase option before the queue does.

    Raises:
        InvalidInput: a field is of the wrong kind or out of range.
    """
    listed = mappings_of(job, "attempts", path=path) or mappings_of(job, "eksAttempts", path=path)
    status = fact.get("status")
    attempts = [
        _place(_ended_attempt(record, number, len(listed), fact, f"{path}attempts[{number - 1}]."), record, path)
        for number, record in enumerate(listed, 1)
    ]
    # An attempt without an end in a running job is the running one itself.
    running = status == JobStatus.RUNNING and not (attempts and "ended_at" not in attempts[-1])
    if started_at is not None and (running or (status in _ENDED and not attempts)):
        attempt = _base(fact, len(attempts) + 1)
        attempt["started_at"] = started_at
        if status in _ENDED:
            if "completed_at" in fact:
                attempt["ended_at"] = fact["completed_at"]
            _end(attempt, job, fact, is_last=True, path=path)
        attempts.append(_place(attempt, job, path))
    for attempt in attempts:
        environment = compute_environment(attempt.get("container_instance_arn"))
        option = purchase_options.get(environment or "") or purchase_options.get(fact.get("queue", ""))
        if option:
            attempt["purchase_option"] = option
    return attempts


def _base(fact: Fact, number: int) -> Fact:
    return {"type": ATTEMPT_REPORTED, "at": fact["at"], "job_id": fact["job_id"], "attempt": number}


def _ended_attempt(record: Mapping[str, Any], number: int, count: int, fact: Fact, path: str) -> Fact:
    attempt = _base(fact, number)
    if started := epoch_ms_of(record, "startedAt", path=path):
        attempt["started_at"] = started
    stopped = epoch_ms_of(record, "stoppedAt", path=path)
    if stopped:
        attempt["ended_at"] = stopped
    is_last = number == count and fact.get("status") in _ENDED
    if stopped or is_last or number < count or fact.get("status") != JobStatus.RUNNING:
        _end(attempt, record, fact, is_last=is_last, path=path)
    return attempt


def _end(attempt: Fact, record: Mapping[str, Any], fact: Fact, *, is_last: bool, path: str) -> None:
    exit_code = _exit_code(record, path)
    if exit_code is not None:
        attempt["exit_code"] = exit_code
    succeeded = exit_code == 0 or (is_last and fact.get("status") == JobStatus.SUCCEEDED)
    attempt["end_reason"] = EndReason.COMPLETED.value if succeeded else EndReason.FAILED.value
    reason = text_of(record, "statusReason", path=path) or (fact.get("status_reason") if is_last else None)
    reason = reason or text_of(mapping_of(record, "container", path=path), "reason", path=f"{path}container.")
    if reason:
        attempt["reason"] = reason
        if host := _HOST_TERMINATED.search(reason):
            attempt["instance_id"] = host[1]


def _exit_code(record: Mapping[str, Any], path: str) -> int | None:
    """The container's exit code; of several containers the first that is not 0, else 0."""
    containers = [(item, f"{path}containers.") for item in mappings_of(record, "containers", path=path)]
    containers += task_containers(record, path)
    codes = [integer_of(mapping_of(record, "container", path=path), "exitCode", path=f"{path}container.")]
    codes.extend(integer_of(container, "exitCode", path=where) for container, where in containers)
    known = [code for code in codes if code is not None]
    return next((code for code in known if code != 0), 0) if known else None


def _place(attempt: Fact, record: Mapping[str, Any], path: str) -> Fact:
    """The attempt with the container instance and task it ran as."""
    container = mapping_of(record, "container", path=path)
    places = [(container, f"{path}container."), *tasks_of(record, path)]
    for place, where in places:
        if instance := text_of(place, "containerInstanceArn", path=where):
            attempt.setdefault("container_instance_arn", instance)
        if task := text_of(place, "taskArn", path=where):
            attempt.setdefault("container_id", task)
    return attempt
