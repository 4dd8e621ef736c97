"""DescribeJobs and ListJobs answers: the real ones counted against a plain reading, and every decision."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.batch_api import read_answers
from mmbatch_dash.adapters.documents import read_documents
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Entry, Rejection

# (jobs, parents, attempts, kept aside) of each file, counted with jq: jobs by `.jobs | length`, parents by
# `arrayProperties.size` or `nodeProperties.numNodes`; attempts by `.attempts | length` of those that are no parents,
# one more for each RUNNING one with a startedAt. The ALL_children file has 8 listed attempts and 2 running nodes;
# the botocore file describes one ended job of the time before `attempts`, and lists two jobs without any time.
COUNTS = {
    "awscli_describe_jobs_v2.json": (1, 0, 0, 0),
    "batch_describe-jobs_ALL_children__e86cc1b.json": (14, 0, 10, 0),
    "batch_describe-jobs_ALL_parents__26f9a0c.json": (9, 9, 0, 0),
    "batch_describe-jobs_FAILED__2c286be.json": (3, 2, 1, 0),
    "batch_describe-jobs_FAILED__e721aa6.json": (3, 2, 1, 0),
    "batch_describe-jobs_PENDING__30c9528.json": (1, 1, 0, 0),
    "batch_describe-jobs_RUNNABLE__0f08e48.json": (2, 1, 0, 0),
    "batch_describe-jobs_RUNNING__2126d38.json": (2, 1, 1, 0),
    "batch_describe-jobs_STARTING__3386e6e.json": (2, 1, 0, 0),
    "batch_describe-jobs_SUBMITTED__9582ef8.json": (2, 1, 0, 0),
    "batch_describe-jobs_SUCCEEDED__4f03019.json": (3, 2, 1, 0),
    "batch_describe-jobs_SUCCEEDED__f7eadd5.json": (3, 2, 1, 0),
    "batch_describe-jobs_children_jobs__436d250.json": (3, 0, 3, 0),
    "batch_describe-jobs_single_array_job__414f5fc.json": (1, 1, 0, 0),
    "botocore_batch_examples.json": (1, 0, 1, 2),
}
JOB = {"jobId": "a", "jobName": "n", "status": "RUNNABLE", "createdAt": 1543502756194, "jobQueue": "align"}
AT = datetime(2018, 11, 29, 14, 45, 56, 194000, tzinfo=UTC)


def read(text: str) -> list[Entry | Rejection]:
    return list(read_answers(read_documents(text, door="batch", file="jobs.json"), file="jobs.json"))


def entry_of(record: dict[str, Any], key: str = "jobs") -> Entry:
    [entry] = read(json.dumps({key: [record]}))
    assert isinstance(entry, Entry)
    return entry


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_every_real_answer_gives_the_jobs_parents_attempts_and_refusals_counted_by_hand(
    shared_data: Path, name: str
) -> None:
    results = read((shared_data / "batch_api" / name).read_text())
    facts = [fact for result in results if isinstance(result, Entry) for fact in result.facts]
    counted = Counter(fact["type"] for fact in facts)
    parents = sum(fact.get("is_parent", False) for fact in facts)
    refused = sum(isinstance(result, Rejection) for result in results)
    assert (counted["job.reported"], parents, counted["attempt.reported"], refused) == COUNTS[name]


def test_all_real_answers_together_are_32_jobs_of_which_9_are_parents(shared_data: Path) -> None:
    # Independently: the distinct jobIds under `jobs` of all files, and those of them with an array size or node count.
    ids, parents = set(), set()
    for file in sorted((shared_data / "batch_api").glob("*.json")):
        document = json.loads(file.read_text())
        answers = [document] if "jobs" in document else [case["output"] for case in document["DescribeJobs"]]
        for job in (job for answer in answers for job in answer["jobs"]):
            ids.add(job["jobId"])
            if "size" in job.get("arrayProperties", {}) or "numNodes" in job.get("nodeProperties", {}):
                parents.add(job["jobId"])
    facts = [
        fact
        for file in sorted((shared_data / "batch_api").glob("*.json"))
        for result in read(file.read_text())
        if isinstance(result, Entry)
        for fact in result.facts
        if fact["type"] == "job.reported"
    ]
    assert {fact["job_id"] for fact in facts} == ids
    assert {fact["job_id"] for fact in facts if fact.get("is_parent")} == parents
    assert (len(ids), len(parents)) == (32, 9)


def test_the_same_answer_twice_is_the_same_entry_whatever_the_order_of_its_keys() -> None:
    first, second = entry_of(JOB), entry_of(dict(reversed(JOB.items())))
    assert (first.source, first.id) == (second.source, second.id)


def test_a_later_answer_that_says_more_is_another_entry() -> None:
    assert entry_of(JOB).id != entry_of({**JOB, "startedAt": 1543502761913}).id


def test_the_time_of_an_entry_is_the_latest_the_record_contains() -> None:
    assert entry_of(JOB).time == AT
    attempts = [{"startedAt": 1543502761913, "stoppedAt": 1543502763685}]
    assert entry_of({**JOB, "attempts": attempts}).time == datetime(2018, 11, 29, 14, 46, 3, 685000, tzinfo=UTC)


def test_account_and_region_of_the_arns_are_in_the_source() -> None:
    arn = "arn:aws:batch:us-east-1:653949452088:job-queue/align"
    assert entry_of({**JOB, "jobQueue": arn}).source == "aws.batch.api/653949452088/us-east-1"
    assert entry_of(JOB).source == "aws.batch.api"


def test_a_listed_job_has_no_attempts_because_the_summary_does_not_tell_their_number() -> None:
    record = {"jobId": "a", "status": "SUCCEEDED", "createdAt": 1543502756194, "startedAt": 1543502761913}
    [fact] = entry_of({**record, "stoppedAt": 1543502763685, "container": {"exitCode": 0}}, "jobSummaryList").facts
    assert fact["status"] == "SUCCEEDED"
    assert fact["completed_at"] == datetime(2018, 11, 29, 14, 46, 3, 685000, tzinfo=UTC)


def test_a_job_without_any_time_is_kept_aside_by_its_id() -> None:
    [rejection] = read('{"jobSummaryList": [{"jobId": "e66ff5fd", "jobName": "example"}]}')
    assert isinstance(rejection, Rejection)
    assert (rejection.id, rejection.index, rejection.door, rejection.file) == ("e66ff5fd", 1, "batch", "jobs.json")
    assert rejection.error.startswith("createdAt: the job has no time at all")


def test_answers_after_each_other_or_in_a_list_are_all_read() -> None:
    answer = json.dumps({"jobs": [JOB]}, indent=1)
    assert len(read(answer + "\n" + answer + answer)) == 3
    assert len(read(f"[{answer}, {answer}]")) == 2
    assert len(read(json.dumps(JOB) + "\n" + json.dumps(JOB))) == 2


def test_one_bad_job_among_good_ones_is_kept_aside_at_its_place() -> None:
    answer = json.dumps({"jobs": [JOB, {**JOB, "container": {"vcpus": 0}}, "a", JOB]})
    good, bad, worse, last = read(answer + answer)[4:]
    assert isinstance(good, Entry)
    assert isinstance(last, Entry)
    assert isinstance(bad, Rejection)
    assert isinstance(worse, Rejection)
    assert (bad.index, bad.error) == (6, "container.vcpus: must be greater than 0")
    assert worse.error == "a job is a JSON object, not 'a'"


def test_an_answer_that_breaks_off_is_kept_aside_with_its_line_and_those_before_it_enter() -> None:
    answer = json.dumps({"jobs": [JOB]})
    entry, rejection = read(f"{answer}\n{answer[:-20]}")
    assert isinstance(entry, Entry)
    assert isinstance(rejection, Rejection)
    assert rejection.index == 2
    assert "not complete JSON" in rejection.error


@pytest.mark.parametrize("text", ["{}", "[]", "7", '{"computeEnvironments": []}', ""])
def test_a_document_without_any_answer_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no AWS Batch answer found"):
        read(text)


def test_an_empty_answer_is_an_answer() -> None:
    assert read('{"jobs": []}') == []
