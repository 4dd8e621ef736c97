"""AWS Batch DescribeJobs and ListJobs answers, as the AWS CLI prints them, as journal entries. Reads no clock.

One job is one entry. Its id is a hash of what the answer says about it, so the same answer twice is the same entry and
a later answer that says more is another. Its time is the latest time it contains itself: an answer does not tell when
it was given. A job without any time (the examples of ListJobs in the AWS guides) is therefore refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from mmbatch_dash.adapters.arns import account_and_region, short_name
from mmbatch_dash.adapters.batch_detail import read_job
from mmbatch_dash.adapters.documents import Found, split_documents
from mmbatch_dash.adapters.reading import (
    MILLISECONDS_FROM,
    Lenient,
    content_id,
    epoch_ms_of,
    mapping_of,
    mappings_of,
    required_text,
    small_keys,
    text_of,
)
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import COUNTED, JOBS_SEEN, Entry, Fact, Place, Rejection
from mmbatch_dash.domain.instants import from_epoch_ms

DOOR = "batch"
_ATTEMPTS = frozenset({"attempts", "Attempts", "eksAttempts", "EksAttempts"})
_DETAILS = frozenset({"jobQueue", "attempts", "eksAttempts"})
"""Keys that ListJobs never gives."""
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
    number, answered = 0, False
    for document in documents:
        if isinstance(document, Rejection):
            answered = True
            yield document
            continue
        for records, summary in _answers(document):
            answered = True
            for record in records:
                number += 1
                place = Place(number, DOOR, file, COUNTED)
                try:
                    entry = read_record(record, summary=summary, purchase_options=purchase_options)
                    yield entry._replace(place=place)
                except InvalidInput as error:
                    yield Rejection(str(error), record, number, _named(record), *place[1:])
    if not answered:
        raise InvalidInput('no AWS Batch answer found; expected {"jobs": […]} or {"jobSummaryList": […]}')


def read_record(record: Any, *, summary: bool | None = None, purchase_options: Mapping[str, str] = _NONE) -> Entry:
    """One job of an answer, or the front of a queue, as an entry.

    Args:
        record: the job; its keys may begin with capitals, as Step Functions and PowerShell write them.
        summary: whether it comes from ListJobs; None where the record has to show it.
        purchase_options: see `read_answers`.

    Raises:
        InvalidInput: it is no job, has no time that can be read, or a field that it needs is wrong.
    """
    if not isinstance(record, Mapping):
        raise InvalidInput(f"a job is a JSON object, not {record!r:.80}")
    if "frontOfQueue" in record:
        return _read_front(record)
    job = small_keys(record)
    if summary is None:
        summary = _DETAILS.isdisjoint(job)
    time = _latest_time(job)
    return Entry(
        source=_source(job),
        id=content_id(record),
        kind=SourceKind.AWS,
        type="Batch ListJobs" if summary else "Batch DescribeJobs",
        time=time,
        facts=read_job(job, at=time, summary=summary, purchase_options=purchase_options),
        raw=record,
    )


def _answers(value: Any) -> Iterator[tuple[list[Any], bool | None]]:
    """(records, whether they are summaries of ListJobs) of every answer inside a JSON value."""
    if isinstance(value, dict):
        yield from _of_object(value)
    elif isinstance(value, list):
        for item in value:
            yield from _answers(item)
    # Step Functions keeps the answer of a job it waited for as a text.
    elif isinstance(value, str) and ('"JobId"' in value or '"jobId"' in value):
        for found in split_documents(value):
            yield from _answers(found.value) if isinstance(found, Found) else ()


def _is_job(value: Mapping[str, Any]) -> bool:
    # The answer to SubmitJob has an id and says nothing of the job.
    return not _ATTEMPTS.isdisjoint(value) or {"jobId", "status"} <= value.keys() or {"JobId", "Status"} <= value.keys()


def _of_object(value: dict[str, Any]) -> Iterator[tuple[list[Any], bool | None]]:
    jobs = value.get("jobs", value.get("Jobs"))
    summaries = value.get("jobSummaryList", value.get("JobSummaryList"))
    if "frontOfQueue" in value or _is_job(value):
        yield [value], None
    elif isinstance(jobs, list):
        yield jobs, False
    elif isinstance(summaries, list):
        yield summaries, True
    elif "input" in value and "output" in value:
        # An example of the AWS guides: what was asked is no answer.
        yield from _answers(value["output"])
    else:
        for item in value.values():
            yield from _answers(item)


def _named(record: Any) -> str | None:
    job_id = record.get("jobId", record.get("JobId")) if isinstance(record, Mapping) else None
    return job_id if isinstance(job_id, str) else None


def _read_front(record: Mapping[str, Any]) -> Entry:
    """GetJobQueueSnapshot: the jobs at the front of a queue were open when it was made."""
    front = mapping_of(record, "frontOfQueue")
    path = "frontOfQueue."
    made_at = front.get("lastUpdatedAt")
    if isinstance(made_at, bool) or not isinstance(made_at, int | float):
        raise InvalidInput(
            "must be a time; without it the answer says nothing of any time", field=f"{path}lastUpdatedAt"
        )
    # Documented as milliseconds; its own examples hold seconds.
    at = from_epoch_ms(made_at if abs(made_at) >= MILLISECONDS_FROM else made_at * 1000, field=f"{path}lastUpdatedAt")
    arns = [text_of(job, "jobArn", path=f"{path}jobs.") or "" for job in mappings_of(front, "jobs", path=path)]
    job_ids = [short_name(arn) for arn in arns if ":job/" in arn]
    facts: list[Fact] = [{"type": JOBS_SEEN, "at": at, "job_ids": job_ids}] if job_ids else []
    origin = next((found for arn in arns if (found := account_and_region(arn))), ())
    source = "/".join(("aws.batch.api", *(part for part in origin if part)))
    return Entry(source, content_id(record), SourceKind.AWS, "Batch GetJobQueueSnapshot", at, facts, record)


def _latest_time(record: Mapping[str, Any]) -> datetime:
    lenient = Lenient()
    times = [lenient.read(epoch_ms_of, record, key) for key in ("createdAt", "startedAt", "stoppedAt")]
    for listing in ("attempts", "eksAttempts"):
        for attempt in mappings_of(record, listing):
            times += [lenient.read(epoch_ms_of, attempt, key) for key in ("startedAt", "stoppedAt")]
    known = [time for time in times if time is not None]
    if not known:
        required_text(record, "jobId")
        raise InvalidInput("the job has no time at all; ask DescribeJobs for it", field="createdAt")
    return max(known)


def _source(record: Mapping[str, Any]) -> str:
    for key in ("jobArn", "jobQueue", "jobDefinition"):
        value = record.get(key)
        if isinstance(value, str) and (origin := account_and_region(value)):
            return "/".join(("aws.batch.api", *(part for part in origin if part)))
    return "aws.batch.api"
