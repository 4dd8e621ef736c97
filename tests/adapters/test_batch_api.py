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
from tests.reference import report_jobs, said_by_entries

# (jobs, parents, attempts, kept aside) of each file, counted with jq: jobs by `.jobs | length`, or `.jobSummaryList`
# likewise; parents by `arrayProperties.size` or `nodeProperties.numNodes`; attempts by `.attempts | length` of those
# that are no parents, one more for each RUNNING one with a startedAt. The ALL_children file has 8 listed attempts and 2
# running nodes; the botocore file describes one ended job of the time before `attempts`, and lists two jobs without any
# time; the cause of Step Functions names no job.
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
    "boto3_describe_array_children_2025.json": (2, 0, 2, 0),
    "boto3_list_array_children_2025.json": (2, 0, 0, 0),
    "botocore_batch_examples.json": (1, 0, 1, 2),
    "eks_job_runnable_2023.json": (1, 0, 0, 0),
    "eks_job_with_attempt_2023.json": (1, 0, 1, 0),
    "get_job_queue_snapshot_awsdocs.json": (0, 0, 0, 0),
    "get_job_queue_snapshot_utilization.json": (0, 0, 0, 0),
    "made_two_attempts_host_terminated.json": (1, 0, 2, 0),
    "stepfunctions_cause_host_terminated_2025.json": (0, 0, 0, 1),
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


def test_all_real_answers_together_are_36_jobs_of_which_9_are_parents(shared_data: Path) -> None:
    # Independently: every object with a jobId and a status anywhere in the files, and those of them with an array size
    # or a node count; the two jobs that botocore's example lists have no time and are kept aside.
    ids, parents = set(), set()
    for file in sorted((shared_data / "batch_api").glob("*.json")):
        for job in jobs_anywhere(json.loads(file.read_text())):
            if "createdAt" in job:
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
    assert not any("unread" in fact for fact in facts)
    assert (len(ids), len(parents)) == (36, 9)


def jobs_anywhere(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict) and "jobId" in value and "status" in value:
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [job for item in inner for job in jobs_anywhere(item)]


def test_the_region_of_a_job_is_that_of_its_own_arn(shared_data: Path) -> None:
    results = read((shared_data / "batch_api" / "boto3_describe_array_children_2025.json").read_text())
    assert [entry.facts[0]["region"] for entry in results if isinstance(entry, Entry)] == ["eu-central-1"] * 2


@pytest.mark.parametrize(
    ("record", "region"),
    [
        ({"jobQueue": "arn:aws:batch:ap-southeast-2:1:job-queue/q"}, "ap-southeast-2"),
        ({"jobDefinition": "arn:aws-us-gov:batch:us-gov-west-1:1:job-definition/d:1"}, "us-gov-west-1"),
        (
            {"jobArn": "arn:aws:batch:sa-east-1:1:job/a", "jobQueue": "arn:aws:batch:us-east-1:1:job-queue/q"},
            "sa-east-1",
        ),
        ({"jobQueue": "q", "jobDefinition": "d:3"}, None),
    ],
)
def test_any_arn_of_a_job_names_its_region_the_job_s_own_first(record: dict[str, str], region: str | None) -> None:
    assert entry_of({**JOB, **record}).facts[0].get("region") == region


STARTED = {"startedAt": 1543502761913, "stoppedAt": 1543502763685}
NOT_PULLED = {"container": {"reason": "CannotPullContainerError: x"}, "statusReason": "Task failed to start"}


@pytest.mark.parametrize(
    ("attempts", "reasons"),
    [
        ([NOT_PULLED, STARTED], ["not_started", "completed"]),
        ([{**NOT_PULLED, "startedAt": 0, "stoppedAt": 1543502760000}, STARTED], ["not_started", "completed"]),
        ([{"container": {"exitCode": 128}, "startedAt": None}, STARTED], ["not_started", "completed"]),
        ([STARTED, STARTED], ["failed", "completed"]),
        ([{"startedAt": "soon"}, STARTED], ["failed", "completed"]),
    ],
)
def test_an_attempt_that_is_listed_without_a_start_never_ran(
    attempts: list[dict[str, Any]], reasons: list[str]
) -> None:
    job, *told = entry_of({**JOB, "status": "SUCCEEDED", **STARTED, "attempts": attempts}).facts
    assert [fact["end_reason"] for fact in told] == reasons
    assert "never_started" not in job


def test_the_attempt_after_one_that_never_ran_is_the_running_one() -> None:
    running = {**JOB, "status": "RUNNING", "startedAt": 1543502761913, "attempts": [NOT_PULLED]}
    _, first, second = entry_of(running).facts
    assert (first["end_reason"], first["reason"]) == ("not_started", "Task failed to start")
    assert (second["attempt"], "end_reason" in second) == (2, False)


@pytest.mark.parametrize(
    ("record", "never"),
    [
        ({"status": "FAILED", "stoppedAt": 1543502763685, "attempts": [], "isCancelled": True}, True),
        ({"status": "FAILED", "startedAt": 0, "stoppedAt": 1543502763685, "attempts": [NOT_PULLED, NOT_PULLED]}, True),
        ({"status": "FAILED", "stoppedAt": 1543502763685, "eksAttempts": [{"statusReason": "no node"}]}, True),
        ({"status": "FAILED", **STARTED, "attempts": []}, False),
        ({"status": "FAILED", "stoppedAt": 1543502763685, "attempts": [NOT_PULLED, STARTED]}, False),
        ({"status": "RUNNABLE", "attempts": [NOT_PULLED]}, False),
        ({"status": "SUCCEEDED", "stoppedAt": 1543502763685, "attempts": []}, False),
        ({"status": "FAILED", "stoppedAt": 1543502763685, "arrayProperties": {"size": 2}}, False),
    ],
)
def test_an_ended_job_without_any_start_never_started(record: dict[str, Any], never: bool) -> None:
    assert entry_of({**JOB, **record}).facts[0].get("never_started", False) is never


def test_a_summary_of_list_jobs_never_says_that_a_job_never_started() -> None:
    record = {"jobId": "a", "status": "FAILED", "createdAt": 1543502756194, "stoppedAt": 1543502763685}
    assert "never_started" not in entry_of(record, "jobSummaryList").facts[0]
    [entry] = read(json.dumps([record]))
    assert isinstance(entry, Entry)
    assert (entry.type, "never_started" in entry.facts[0]) == ("Batch ListJobs", False)


@pytest.mark.parametrize(
    ("changes", "unread", "unknown"),
    [
        ({"container": {"resourceRequirements": [{"type": "GPU", "value": "0"}]}}, "resourceRequirements.GPU", "gpus"),
        ({"container": {"vcpus": 0, "memory": 1024}}, "container.vcpus", "vcpus"),
        ({"container": {"memory": "a lot", "vcpus": 1}}, "container.memory", "memory_mib"),
        ({"container": []}, "container", "vcpus"),
        ({"jobName": 7}, "jobName", "name"),
        ({"createdAt": "yesterday", "startedAt": 1543502761913}, "createdAt", "submitted_at"),
        ({"tags": "team=a"}, "tags", "tags"),
    ],
)
def test_what_a_job_can_do_without_is_unknown_and_named_where_it_cannot_be_read(
    changes: dict[str, Any], unread: str, unknown: str
) -> None:
    job = entry_of({**JOB, **changes}).facts[0]
    assert any(name.endswith(unread) for name in job["unread"])
    assert unknown not in job
    assert job["status"] == "RUNNABLE"


def test_an_exit_code_that_cannot_be_read_leaves_the_attempt_as_it_is() -> None:
    attempts = [{**STARTED, "container": {"exitCode": "0.0"}}]
    job, attempt = entry_of({**JOB, "status": "FAILED", **STARTED, "attempts": attempts}).facts
    assert job["unread"] == ["attempts[0].container.exitCode"]
    assert ("exit_code" in attempt, attempt["end_reason"]) == (False, "failed")


CAPITALS = {
    "JobArn": "arn:aws:batch:us-west-2:1:job/a",
    "JobId": "a",
    "JobName": "n",
    "JobQueue": "arn:aws:batch:us-west-2:1:job-queue/q",
    "Status": "FAILED",
    "CreatedAt": 1765040590000,
    "StartedAt": 1765040596993,
    "StoppedAt": 1765040671155,
    "Attempts": [
        {
            "Container": {"ContainerInstanceArn": "arn:aws:ecs:us-west-2:1:container-instance/c/1"},
            "StartedAt": 1765040596993,
            "StoppedAt": 1765040671155,
            "StatusReason": "Host EC2 (instance i-0737c70432d64f82a) terminated.",
        }
    ],
    "Container": {"ResourceRequirements": [{"Type": "VCPU", "Value": "4"}, {"Type": "MEMORY", "Value": "512"}]},
    "Tags": {"Team": "A"},
}


@pytest.mark.parametrize(
    "document",
    [
        CAPITALS,
        [CAPITALS],
        {"Jobs": [CAPITALS]},
        {"error": "States.TaskFailed", "cause": CAPITALS},
        {"events": [{"taskFailedEventDetails": {"cause": json.dumps(CAPITALS)}}]},
    ],
)
def test_keys_with_capitals_are_read_wherever_step_functions_or_powershell_put_the_job(document: Any) -> None:
    [entry] = read(json.dumps(document))
    assert isinstance(entry, Entry)
    job, attempt = entry.facts
    assert (job["vcpus"], job["memory_mib"], job["region"], job["queue"]) == (4.0, 512.0, "us-west-2", "q")
    assert job["tags"] == {"Team": "A"}
    assert (attempt["instance_id"], attempt["end_reason"]) == ("i-0737c70432d64f82a", "failed")


def test_attempts_that_name_no_job_are_kept_aside_with_the_reason(shared_data: Path) -> None:
    text = (shared_data / "batch_api" / "stepfunctions_cause_host_terminated_2025.json").read_text()
    [rejection] = read(text)
    assert isinstance(rejection, Rejection)
    assert rejection.error.startswith("jobId: is missing")


@pytest.mark.parametrize("moment", [1707800100, 1707800100000])
def test_the_front_of_a_queue_says_that_its_jobs_were_open_then(moment: int) -> None:
    jobs = [{"jobArn": "arn:aws:batch:us-east-1:1:job/a:3"}, {"jobArn": "arn:aws:batch:us-east-1:1:service-job/b"}]
    [entry] = read(json.dumps({"frontOfQueue": {"jobs": jobs, "lastUpdatedAt": moment}}))
    assert isinstance(entry, Entry)
    at = datetime(2024, 2, 13, 4, 55, tzinfo=UTC)
    assert entry.facts == [{"type": "mmbatch.sync.seen", "at": at, "job_ids": ["a:3"]}]


def test_a_job_that_may_run_on_both_platforms_is_where_its_placement_says() -> None:
    both = {**JOB, "status": "RUNNING", "startedAt": 1543502761913, "platformCapabilities": ["EC2", "FARGATE"]}
    task = {"taskArn": "arn:aws:ecs:us-east-1:1:task/c/1"}
    instance = {"containerInstanceArn": "arn:aws:ecs:us-east-1:1:container-instance/c/2"}
    entries = [entry_of({**both, "container": container}) for container in ({}, task, {**task, **instance})]
    assert {entry.facts[0]["platform"] for entry in entries} == {"EC2,FARGATE"}
    reports = [report_jobs(said_by_entries([entry])).values() for entry in entries]
    assert [report.job.platform for [report] in reports] == [None, "FARGATE", "EC2"]


def test_a_kubernetes_node_named_after_its_instance_names_the_instance(shared_data: Path) -> None:
    record = json.loads((shared_data / "batch_api" / "eks_job_with_attempt_2023.json").read_text())["jobs"][0]
    _, attempt = entry_of(record).facts
    assert ("instance_id" in attempt, attempt["exit_code"], attempt["end_reason"]) == (False, 0, "completed")
    record["eksAttempts"][0]["nodeName"] = "i-0123456789abcdef0.us-west-2.compute.internal"
    assert entry_of(record).facts[1]["instance_id"] == "i-0123456789abcdef0"


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
    answer = json.dumps({"jobs": [JOB, {**JOB, "status": "BORED"}, "a", JOB]})
    good, bad, worse, last = read(answer + answer)[4:]
    assert isinstance(good, Entry)
    assert isinstance(last, Entry)
    assert isinstance(bad, Rejection)
    assert isinstance(worse, Rejection)
    assert (bad.index, bad.options["counted"]) == (6, "item")
    assert bad.error.startswith("status: 'BORED' is not an AWS Batch job status")
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
