"""AWS Batch: queues, compute environments and jobs in every status, arrays and multi-node jobs with their parts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from mmbatch_dash.adapters import batch_api
from mmbatch_dash.adapters.arns import short_name
from mmbatch_dash.adapters.batch_detail import parent_of
from mmbatch_dash.domain.choices import JobStatus, PurchaseOption
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

DESCRIBE_AT_ONCE = 100
DOOR = "aws"
_ENDED = (JobStatus.SUCCEEDED.value, JobStatus.FAILED.value)
_OPTIONS = {"SPOT": PurchaseOption.SPOT.value, "EC2": PurchaseOption.ON_DEMAND.value}

Settled = Callable[[list[str]], set[str]]
"""Of these job ids, those whose end AWS has already told."""


def read_purchase_options(batch: Any) -> dict[str, str]:
    """Compute environment → spot or on-demand as it buys, and queue likewise where all its environments agree."""
    options: dict[str, str] = {}
    for environment in _pages(batch, "describe_compute_environments", "computeEnvironments"):
        if option := _OPTIONS.get((environment.get("computeResources") or {}).get("type", "")):
            options[environment["computeEnvironmentName"]] = option
    for queue in _pages(batch, "describe_job_queues", "jobQueues"):
        ordered = queue.get("computeEnvironmentOrder") or []
        found = {options.get(short_name(one["computeEnvironment"])) for one in ordered}
        if len(found) == 1 and (only := found.pop()):
            options[queue["jobQueueName"]] = only
    return options


def list_unsettled(batch: Any, is_settled: Settled) -> Iterator[str]:
    """Ids of the jobs of every queue that are not settled; the parts of a parent before it.

    So a run that is broken off leaves the parent unsettled, and the next one goes through its parts again.
    """
    return _unsettled(batch, _every_job(batch), is_settled)


def read_jobs(batch: Any, job_ids: Iterable[str], purchase_options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    """What AWS tells of these jobs, a hundred a question; those it has forgotten are passed over.

    Args:
        batch: Batch client.
        job_ids: which.
        purchase_options: queue or compute environment → spot or on-demand.
    """
    for chunk in _chunks(job_ids):
        yield from _describe(batch, chunk, purchase_options)


def _every_job(batch: Any) -> Iterator[Mapping[str, Any]]:
    for queue in _pages(batch, "describe_job_queues", "jobQueues"):
        for status in JobStatus:
            yield from _list(batch, status, jobQueue=queue["jobQueueArn"])


def _unsettled(batch: Any, summaries: Iterator[Mapping[str, Any]], is_settled: Settled) -> Iterator[str]:
    """Ids to describe; the parts of an unsettled parent come first."""
    while group := list(islice(summaries, DESCRIBE_AT_ONCE)):
        ended = [one["jobId"] for one in group if one.get("status") in _ENDED]
        known = is_settled(ended) if ended else set()
        for one in group:
            if one["jobId"] in known:
                continue
            if argument := _parts_argument(one):
                yield from _unsettled(batch, _parts(batch, argument, one["jobId"]), is_settled)
            yield one["jobId"]


def _parts_argument(summary: Mapping[str, Any]) -> str | None:
    """How ListJobs is asked for the parts of a parent; None of a job that is none, or is a part itself."""
    if parent_of(summary["jobId"]) is not None:
        return None
    if (summary.get("arrayProperties") or {}).get("size"):
        return "arrayJobId"
    return "multiNodeJobId" if (summary.get("nodeProperties") or {}).get("numNodes") else None


def _parts(batch: Any, argument: str, parent_id: str) -> Iterator[Mapping[str, Any]]:
    for status in JobStatus:
        yield from _list(batch, status, **{argument: parent_id})


def _list(batch: Any, status: JobStatus, **of: str) -> Iterator[Mapping[str, Any]]:
    return _pages(batch, "list_jobs", "jobSummaryList", jobStatus=status.value, **of)


def _describe(batch: Any, job_ids: list[str], options: Mapping[str, str]) -> Iterator[Entry | Rejection]:
    for place, job in enumerate(batch.describe_jobs(jobs=job_ids)["jobs"]):
        try:
            yield batch_api.read_record(job, purchase_options=options)
        except InvalidInput as error:
            yield Rejection(str(error), job, place, job.get("jobId"), DOOR)


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, DESCRIBE_AT_ONCE)):
        yield chunk
