"""AWS Batch DescribeJobs and ListJobs answers, as the AWS CLI prints them, as journal entries. Reads no clock.

One job is one entry. Its id is a hash of what the answer says about it, so the same answer twice is the same entry and
a later answer that says more is another. Its time is the latest time it contains itself: an answer does not tell when
it was given. A job without any time (the examples of ListJobs in the AWS guides) is therefore refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from mmbatch_dash.adapters.arns import account_and_region
from mmbatch_dash.adapters.batch_detail import read_job
from mmbatch_dash.adapters.reading import content_id, epoch_ms_of, mappings_of
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

DOOR = "batch"
_NONE: Mapping[str, str] = MappingProxyType({})


def read_answers(
    documents: Iterable[Any], *, file: str | None = None, purchase_options: Mapping[str, str] = _NONE
) -> Iterator[Entry | Rejection]:
    """One entry a job of all answers; a bad job is a Rejection at its place, counted from 1 through all of them.

    Args:
        documents: `{"jobs": […]}`, `{"jobSummaryList": […]}`, lists of either, jobs alone, or answers deeper inside,
            as in the examples that botocore ships; a Rejection among them passes through.
        file: where they come from.
        purchase_options: queue or compute environment → spot or on-demand.

    Raises:
        InvalidInput: there is no answer in any document.
    """
    place, answered = 0, False
    for document in documents:
        if isinstance(document, Rejection):
            answered = True
            yield document
            continue
        for records, summary in _answers(document):
            answered = True
            for place, record in enumerate(records, place + 1):  # noqa: B020 - counts on through all answers
                try:
                    yield read_record(record, summary=summary, purchase_options=purchase_options)
                except InvalidInput as error:
                    job_id = record.get("jobId") if isinstance(record, Mapping) else None
                    named = job_id if isinstance(job_id, str) else None
                    yield Rejection(str(error), record, place, named, DOOR, file)
    if not answered:
        raise InvalidInput('no AWS Batch answer found; expected {"jobs": […]} or {"jobSummaryList": […]}')


def read_record(record: Any, *, summary: bool = False, purchase_options: Mapping[str, str] = _NONE) -> Entry:
    """One job of an answer as an entry; `summary` where it comes from ListJobs.

    Raises:
        InvalidInput: it is no job, has no time, or a field is wrong.
    """
    if not isinstance(record, Mapping):
        raise InvalidInput(f"a job is a JSON object, not {record!r:.80}")
    time = _latest_time(record)
    return Entry(
        source=_source(record),
        id=content_id(record),
        kind=SourceKind.AWS,
        type="Batch ListJobs" if summary else "Batch DescribeJobs",
        time=time,
        facts=read_job(record, at=time, summary=summary, purchase_options=purchase_options),
        raw=record,
    )


def _answers(value: Any) -> Iterator[tuple[list[Any], bool]]:
    """(records, whether they are ListJobs summaries) of every answer inside a JSON value."""
    if isinstance(value, list):
        for item in value:
            yield from _answers(item)
    elif not isinstance(value, dict):
        return
    elif isinstance(value.get("jobs"), list):
        yield value["jobs"], False
    elif isinstance(value.get("jobSummaryList"), list):
        yield value["jobSummaryList"], True
    elif "jobId" in value and "status" in value:
        yield [value], "jobQueue" not in value
    elif "output" in value:
        yield from _answers(value["output"])
    else:
        for item in value.values():
            yield from _answers(item)


def _latest_time(record: Mapping[str, Any]) -> datetime:
    times = [epoch_ms_of(record, key) for key in ("createdAt", "startedAt", "stoppedAt")]
    for listing in ("attempts", "eksAttempts"):
        for number, attempt in enumerate(mappings_of(record, listing)):
            path = f"{listing}[{number}]."
            times += [epoch_ms_of(attempt, key, path=path) for key in ("startedAt", "stoppedAt")]
    known = [time for time in times if time is not None]
    if not known:
        raise InvalidInput("the job has no time at all; ask DescribeJobs for it", field="createdAt")
    return max(known)


def _source(record: Mapping[str, Any]) -> str:
    for key in ("jobArn", "jobQueue", "jobDefinition"):
        value = record.get(key)
        if isinstance(value, str) and (origin := account_and_region(value)):
            return "/".join(("aws.batch.api", *(part for part in origin if part)))
    return "aws.batch.api"
