"""EventBridge envelopes: every detail type of events.md section 3, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.eventbridge import read_envelope
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Fact

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ARN = "arn:aws:ecs:us-east-1:123456789012:container-instance/"
HOST_GONE = "Host EC2 (instance i-0abc1234def567890) terminated."


def ms(minutes: float) -> int:
    return int((AT + timedelta(minutes=minutes)).timestamp() * 1000)


def at(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def envelope(detail_type: str, detail: Any, **changes: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "e-1",
        "detail-type": detail_type,
        "source": "aws.batch",
        "account": "123456789012",
        "region": "us-east-1",
        "time": "2026-03-01T12:00:00Z",
        "resources": [],
        "detail": detail,
        **changes,
    }


def job_facts(purchase_options: dict[str, str] | None = None, **detail: Any) -> list[Fact]:
    detail = {"jobId": "job-1", "status": "RUNNABLE", "createdAt": ms(-60), **detail}
    return read_envelope(envelope("Batch Job State Change", detail), purchase_options=purchase_options or {}).facts


def test_the_identity_is_service_account_and_region_with_the_envelope_id() -> None:
    entry = read_envelope(envelope("Anything", {}))
    assert (entry.source, entry.id, entry.kind) == ("aws.batch/123456789012/us-east-1", "e-1", SourceKind.AWS)
    assert (entry.type, entry.time) == ("Anything", AT)


def test_a_detail_type_nobody_understands_is_kept_without_facts() -> None:
    event = envelope("EC2 Spot Fleet Error", "any detail at all")
    entry = read_envelope(event)
    assert entry.facts == []
    assert entry.raw == event


@pytest.mark.parametrize("field", ["id", "detail-type", "source", "time"])
def test_an_envelope_without_a_required_field_is_refused_by_its_name(field: str) -> None:
    event = envelope("Batch Job State Change", {"jobId": "a"})
    del event[field]
    with pytest.raises(InvalidInput, match=f"^{field}: is missing"):
        read_envelope(event)


def test_the_placeholder_time_of_the_aws_guides_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^time: 'yyyy-mm-ddThh:mm:ssZ' is not"):
        read_envelope(envelope("EC2 Instance Rebalance Recommendation", {}, time="yyyy-mm-ddThh:mm:ssZ"))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        read_envelope(envelope("Anything", {}, time="2026-03-01T12:00:00"))


def test_a_running_job_has_the_attempt_that_is_not_listed_yet() -> None:
    job, first, second = job_facts(
        status="RUNNING",
        startedAt=ms(-5),
        attempts=[{"startedAt": ms(-50), "stoppedAt": ms(-10), "statusReason": HOST_GONE, "container": {}}],
        container={"vcpus": 4, "memory": 2048, "containerInstanceArn": ARN + "now"},
    )
    assert job["vcpus"] == 4
    assert job["platform"] == "EC2"
    assert "attempt" not in job
    assert "completed_at" not in job
    assert (first["attempt"], first["started_at"], first["ended_at"]) == (1, at(-50), at(-10))
    assert (second["attempt"], second["started_at"]) == (2, at(-5))
    assert second["container_instance_arn"] == ARN + "now"
    assert "ended_at" not in second
    assert "end_reason" not in second


def test_a_started_at_of_a_job_that_waits_for_its_next_attempt_is_not_an_attempt() -> None:
    facts = job_facts(status="RUNNABLE", startedAt=ms(-50), attempts=[{"startedAt": ms(-50), "stoppedAt": ms(-10)}])
    assert [fact.get("attempt") for fact in facts] == [None, 1]


def test_a_started_at_of_zero_means_not_started() -> None:
    [job] = job_facts(status="RUNNING", startedAt=0, stoppedAt=0)
    assert "started_at" not in job


def test_a_terminated_host_stays_as_text_and_names_the_instance() -> None:
    [_, attempt] = job_facts(attempts=[{"startedAt": ms(-50), "stoppedAt": ms(-10), "statusReason": HOST_GONE}])
    assert attempt["reason"] == HOST_GONE
    assert attempt["instance_id"] == "i-0abc1234def567890"
    assert attempt["end_reason"] == "failed"


def test_the_last_attempt_of_a_succeeded_job_and_any_with_exit_code_0_completed_the_others_failed() -> None:
    ended = {"startedAt": ms(-50), "stoppedAt": ms(-40)}
    job, *attempts = job_facts(
        status="SUCCEEDED",
        stoppedAt=ms(-1),
        attempts=[
            {**ended, "container": {"exitCode": 137}},
            {**ended, "container": {"exitCode": 0}},
            {**ended, "container": {}},
            {**ended, "container": {}},
        ],
    )
    assert [attempt["end_reason"] for attempt in attempts] == ["failed", "completed", "failed", "completed"]
    assert [attempt.get("exit_code") for attempt in attempts] == [137, 0, None, None]
    assert job["attempt"] == 4
    assert job["completed_at"] == at(-1)


def test_a_terminal_job_that_never_stopped_anything_ended_when_the_event_says_so() -> None:
    [job] = job_facts(status="FAILED", statusReason="Terminated by the user")
    assert job["completed_at"] == AT
    assert job["status_reason"] == "Terminated by the user"


def test_the_older_answer_without_attempts_gives_its_one_attempt() -> None:
    [job, attempt] = job_facts(
        status="SUCCEEDED", startedAt=ms(-30), stoppedAt=ms(-3), container={"exitCode": 0, "vcpus": 1, "memory": 128}
    )
    assert job["attempt"] == 1
    assert (attempt["started_at"], attempt["ended_at"], attempt["end_reason"]) == (at(-30), at(-3), "completed")


def test_newer_requirements_and_older_fields_say_the_same() -> None:
    newer = {
        "resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "2000"}],
    }
    assert job_facts(container=newer) == job_facts(container={"vcpus": 2, "memory": 2000})


def test_fargate_fractions_gpus_and_platform_are_read() -> None:
    requirements = [
        {"type": "VCPU", "value": "0.25"},
        {"type": "MEMORY", "value": "512"},
        {"type": "GPU", "value": "1"},
    ]
    [job] = job_facts(container={"resourceRequirements": requirements}, platformCapabilities=["FARGATE"])
    assert (job["vcpus"], job["memory_mib"], job["gpus"], job["platform"]) == (0.25, 512.0, 1.0, "FARGATE")


def test_containers_of_a_multi_container_job_are_summed_and_its_attempt_uses_task_properties() -> None:
    def container(vcpus: str) -> dict[str, Any]:
        return {"resourceRequirements": [{"type": "VCPU", "value": vcpus}, {"type": "MEMORY", "value": "1024"}]}

    job, attempt = job_facts(
        status="FAILED",
        stoppedAt=ms(-1),
        ecsProperties={"taskProperties": [{"containers": [container("2"), container("0.5")]}]},
        attempts=[
            {
                "startedAt": ms(-20),
                "stoppedAt": ms(-1),
                "taskProperties": [
                    {"containerInstanceArn": ARN + "x", "containers": [{"exitCode": 0}, {"exitCode": 3}]}
                ],
            }
        ],
    )
    assert (job["vcpus"], job["memory_mib"]) == (2.5, 2048.0)
    assert (attempt["container_instance_arn"], attempt["exit_code"]) == (ARN + "x", 3)


def test_an_eks_job_reads_its_pod_and_its_eks_attempts() -> None:
    resources = {"limits": {"cpu": "4", "memory": "2Gi"}, "requests": {"cpu": "500m"}}
    job, attempt = job_facts(
        status="SUCCEEDED",
        stoppedAt=ms(-1),
        eksProperties={"podProperties": {"containers": [{"resources": resources}]}},
        attempts=[],
        eksAttempts=[{"startedAt": ms(-9), "stoppedAt": ms(-1), "containers": [{"exitCode": 0}]}],
    )
    assert (job["platform"], job["vcpus"], job["memory_mib"]) == ("EKS", 0.5, 2048.0)
    assert (attempt["started_at"], attempt["exit_code"]) == (at(-9), 0)


@pytest.mark.parametrize("properties", [{"arrayProperties": {"size": 2}}, {"nodeProperties": {"numNodes": 2}}])
def test_an_array_or_multi_node_parent_is_marked_and_has_no_attempts(properties: dict[str, Any]) -> None:
    attempts = [{"startedAt": ms(-9), "stoppedAt": ms(-1)}]
    [job] = job_facts(status="SUCCEEDED", startedAt=ms(-9), stoppedAt=ms(-1), attempts=attempts, **properties)
    assert job["is_parent"] is True
    assert "attempt" not in job


@pytest.mark.parametrize(
    ("job_id", "properties"),
    [("p-1:0", {"arrayProperties": {"index": 0}}), ("p-1#3", {"nodeProperties": {"nodeIndex": 3}})],
)
def test_a_child_names_its_parent_and_is_none(job_id: str, properties: dict[str, Any]) -> None:
    [job] = job_facts(jobId=job_id, **properties)
    assert job["parent_id"] == "p-1"
    assert "is_parent" not in job


def test_queue_and_definition_are_short_names_whether_arn_or_name() -> None:
    prefix = "arn:aws:batch:us-east-1:123456789012:"
    [by_arn] = job_facts(jobQueue=prefix + "job-queue/align", jobDefinition=prefix + "job-definition/sort:7")
    [by_name] = job_facts(jobQueue="align", jobDefinition="sort:7")
    assert by_arn == by_name
    assert (by_arn["queue"], by_arn["definition"]) == ("align", "sort:7")


def test_the_job_arn_that_eventbridge_puts_among_the_tags_is_left_out() -> None:
    [job] = job_facts(tags={"resourceArn": "arn:aws:batch:us-east-1:1:job/job-1", "team": "x"})
    assert job["tags"] == {"team": "x"}


def test_the_purchase_option_setting_of_the_queue_reaches_the_attempts() -> None:
    _, attempt = job_facts({"align": "spot"}, jobQueue="align", status="RUNNING", startedAt=ms(-1))
    assert attempt["purchase_option"] == "spot"


@pytest.mark.parametrize("cluster", ["AWSBatch-my-ce-{}", "my-ce_Batch_{}"])
def test_the_setting_of_the_compute_environment_in_the_arn_goes_before_that_of_the_queue(cluster: str) -> None:
    name = cluster.format("2c06f29d-d1fe-3a49-879d-42394c86effc")
    options = {"align": "spot", "my-ce": "on-demand"}
    container = {"containerInstanceArn": f"{ARN}{name}/0123"}
    _, attempt = job_facts(options, jobQueue="align", status="RUNNING", startedAt=ms(-1), container=container)
    assert attempt["purchase_option"] == "on-demand"


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ({"jobId": None}, "detail.jobId: is missing"),
        ({"status": "BORED"}, "detail.status: 'BORED' is not an AWS Batch job status"),
        ({"attempts": [7]}, "detail.attempts: must be a list of objects"),
        (
            {"attempts": [{"startedAt": 1772366400000, "stoppedAt": 1772362800000}]},
            r"detail.attempts\[0\].stoppedAt: .* is before startedAt",
        ),
    ],
)
def test_a_wrong_detail_is_refused_by_its_name(detail: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        job_facts(**detail)


@pytest.mark.parametrize(
    ("detail", "unread"),
    [
        ({"createdAt": "2026-03-01T12:00:00Z"}, "detail.createdAt"),
        ({"createdAt": 1772366400}, "detail.createdAt"),
        ({"container": {"vcpus": -1}}, "detail.container.vcpus"),
        ({"container": []}, "detail.container"),
        (
            {"container": {"resourceRequirements": [{"type": "VCPU", "value": "many"}]}},
            "detail.container.resourceRequirements.VCPU",
        ),
    ],
)
def test_what_a_job_can_do_without_is_unknown_and_named_where_it_cannot_be_read(
    detail: dict[str, Any], unread: str
) -> None:
    job = job_facts(**detail)[0]
    assert job["unread"] == [unread]
    assert "vcpus" not in job


@pytest.mark.parametrize("delivery", [{"replay-name": "again"}, {"resources": ["b", "a"]}])
def test_what_one_delivery_adds_or_orders_anew_is_not_content(delivery: dict[str, Any]) -> None:
    first = envelope("Anything", {}, resources=["a", "b"])
    again = read_envelope({**first, **delivery})
    assert again.content == {**first, "resources": ["a", "b"]}
    assert again.raw == {**first, **delivery}


def test_the_region_of_a_job_without_arns_is_that_of_its_envelope() -> None:
    assert job_facts()[0]["region"] == "us-east-1"
    assert job_facts(jobArn="arn:aws:batch:eu-central-1:1:job/a")[0]["region"] == "eu-central-1"


def test_a_blocked_queue_tells_the_job_at_its_front_and_why_it_stands_still(shared_data: Path) -> None:
    text = (shared_data / "eventbridge" / "awsdocs_batch_job_queue_blocked.json").read_text()
    [job] = read_envelope(json.loads(text)).facts
    assert (job["status"], job["status_reason"]) == ("RUNNABLE", "blocked-reason")
    assert (job["queue"], job["vcpus"]) == ("PexjEHappyPathCanary2JobQueue", 2.0)
    detail = {"jobId": "j", "status": "RUNNABLE", "statusReason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - x"}
    [job] = read_envelope(envelope("Batch Job Queue Blocked", detail)).facts
    assert (job["job_id"], job["status_reason"]) == ("j", detail["statusReason"])


def test_a_blocked_queue_of_service_jobs_is_kept_without_facts(shared_data: Path) -> None:
    text = (shared_data / "eventbridge" / "awsdocs_batch_service_job_queue_blocked.json").read_text()
    assert read_envelope(json.loads(text)).facts == []


def test_times_of_one_record_that_differ_by_clock_skew_are_kept() -> None:
    _, attempt = job_facts(attempts=[{"startedAt": ms(-10), "stoppedAt": ms(-14)}])
    assert (attempt["started_at"], attempt["ended_at"]) == (at(-10), at(-14))


def test_of_the_20_envelopes_in_the_aws_guides_3_have_a_placeholder_time_and_5_give_facts(shared_data: Path) -> None:
    # Counted by hand: `grep -l yyyy *` gives 3 files; facts come from the three Batch job events, the blocked queue and
    # the container instance. The instance state change is "pending"; the others are types that are only kept.
    files = sorted((shared_data / "eventbridge").glob("awsdocs_*.json"))
    refused, facts = 0, []
    for file in files:
        try:
            facts.append(len(read_envelope(json.loads(file.read_text())).facts))
        except InvalidInput:
            refused += 1
    assert len(files) == 21
    assert refused == 3
    assert sorted(facts) == [0] * 13 + [1] * 5
