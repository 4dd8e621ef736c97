"""The attempts of one AWS Batch job as `attempt.reported` facts, in every shape AWS has used.

`attempts` (on EKS `eksAttempts`) lists the attempts that have ended. A RUNNING job's present one is not in it yet:
it is number len(attempts) + 1 and stands in `startedAt` and `container` of the job. An ended job of the time before AWS
Batch retried anything has no `attempts` at all; its one attempt stands in the same place. A listed attempt without a
start never ran: its image could not be pulled, its container not be made.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mmbatch_dash.adapters.arns import compute_environment
from mmbatch_dash.adapters.batch_resources import task_containers, tasks_of
from mmbatch_dash.adapters.reading import Lenient, epoch_ms_of, integer_of, mapping_of, mappings_of, text_of
from mmbatch_dash.domain.choices import EndReason, JobStatus
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, Fact

_HOST_TERMINATED = re.compile(r"Host EC2 \(instance (i-[0-9a-f]+)\)")
_NODE_OF_INSTANCE = re.compile(r"(i-[0-9a-f]{8,17})(?:\.|$)")
_ENDED = (JobStatus.SUCCEEDED, JobStatus.FAILED)


def read_attempts(
    job: Mapping[str, Any],
    *,
    fact: Fact,
    started_at: datetime | None,
    purchase_options: Mapping[str, str],
    lenient: Lenient,
    path: str,
) -> list[Fact]:
    """The attempts by number; `fact` is the `job.reported` fact of the same record.

    A compute environment named by the container instance's ARN decides the purchase option before the queue does.

    Raises:
        InvalidInput: what should be a list of attempts is something else.
    """
    key = "attempts" if mappings_of(job, "attempts", path=path) else "eksAttempts"
    listed = mappings_of(job, key, path=path)
    status = fact.get("status")
    attempts = []
    for number, record in enumerate(listed, 1):
        where = f"{path}{key}[{number - 1}]."
        attempts.append(_place(_listed(record, number, len(listed), fact, lenient, where), record, where, lenient))
    # An attempt that is listed with a start and without an end in a running job is the running one itself.
    running = status == JobStatus.RUNNING and not (attempts and "end_reason" not in attempts[-1])
    if started_at is not None and (running or (status in _ENDED and not attempts)):
        attempt = _base(fact, len(attempts) + 1)
        attempt["started_at"] = started_at
        if status in _ENDED:
            if "completed_at" in fact:
                attempt["ended_at"] = fact["completed_at"]
            _end(attempt, job, fact, is_last=True, lenient=lenient, path=path)
        attempts.append(_place(attempt, job, path, lenient))
    for attempt in attempts:
        environment = compute_environment(attempt.get("container_instance_arn"))
        option = purchase_options.get(environment or "") or purchase_options.get(fact.get("queue", ""))
        if option:
            attempt["purchase_option"] = option
    return attempts


def _base(fact: Fact, number: int) -> Fact:
    return {"type": ATTEMPT_REPORTED, "at": fact["at"], "job_id": fact["job_id"], "attempt": number}


def _listed(record: Mapping[str, Any], number: int, count: int, fact: Fact, lenient: Lenient, path: str) -> Fact:
    attempt = _base(fact, number)
    if started := lenient.read(epoch_ms_of, record, "startedAt", path=path):
        attempt["started_at"] = started
    if stopped := lenient.read(epoch_ms_of, record, "stoppedAt", path=path):
        attempt["ended_at"] = stopped
    is_last = number == count and fact.get("status") in _ENDED
    if not started or stopped or is_last or number < count or fact.get("status") != JobStatus.RUNNING:
        _end(attempt, record, fact, is_last=is_last, lenient=lenient, path=path)
    return attempt


def _end(attempt: Fact, record: Mapping[str, Any], fact: Fact, *, is_last: bool, lenient: Lenient, path: str) -> None:
    exit_code = _exit_code(record, lenient, path)
    if exit_code is not None:
        attempt["exit_code"] = exit_code
    succeeded = exit_code == 0 or (is_last and fact.get("status") == JobStatus.SUCCEEDED)
    end_reason = EndReason.COMPLETED if succeeded else EndReason.FAILED
    # A start that is there and cannot be read is a start all the same.
    if not succeeded and not record.get("startedAt"):
        end_reason = EndReason.NOT_STARTED
    attempt["end_reason"] = end_reason.value
    container = lenient.read(mapping_of, record, "container", path=path) or {}
    reason = lenient.read(text_of, record, "statusReason", path=path)
    reason = reason or (fact.get("status_reason") if is_last else None)
    reason = reason or lenient.read(text_of, container, "reason", path=f"{path}container.")
    if reason:
        attempt["reason"] = reason
        if host := _HOST_TERMINATED.search(reason):
            attempt["instance_id"] = host[1]


def _exit_code(record: Mapping[str, Any], lenient: Lenient, path: str) -> int | None:
    """The container's exit code; of several containers the first that is not 0, else 0."""
    containers = [(lenient.read(mapping_of, record, "container", path=path) or {}, f"{path}container.")]
    listed = lenient.read(mappings_of, record, "containers", path=path) or []
    containers += [(item, f"{path}containers.") for item in listed]
    containers += lenient.read(task_containers, record, path) or []
    codes = [lenient.read(integer_of, container, "exitCode", path=where) for container, where in containers]
    known = [code for code in codes if code is not None]
    return next((code for code in known if code != 0), 0) if known else None


def _place(attempt: Fact, record: Mapping[str, Any], path: str, lenient: Lenient) -> Fact:
    """The attempt with the container instance, task or Kubernetes node it ran as."""
    container = lenient.read(mapping_of, record, "container", path=path) or {}
    places = [(container, f"{path}container."), *(lenient.read(_tasks, record, path) or [])]
    for place, where in places:
        if instance := lenient.read(text_of, place, "containerInstanceArn", path=where):
            attempt.setdefault("container_instance_arn", instance)
        if task := lenient.read(text_of, place, "taskArn", path=where):
            attempt.setdefault("container_id", task)
    # Nodes of EKS may be named after their instance.
    if node := _NODE_OF_INSTANCE.match(lenient.read(text_of, record, "nodeName", path=path) or ""):
        attempt.setdefault("instance_id", node[1])
    return attempt


def _tasks(record: Mapping[str, Any], path: str) -> list[tuple[Mapping[str, Any], str]]:
    return list(tasks_of(record, path))
