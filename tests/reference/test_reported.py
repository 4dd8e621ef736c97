"""What AWS and traces report, beside native events: whose word stands, and what fills in what."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, INSTANCE_REPORTED, JOB_REPORTED, Fact
from tests.reference import Said, report_jobs, said_by_events
from tests.reference.figures import JobReport
from tests.reference.worked_example import job, start


def clock(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{text}:00").replace(tzinfo=UTC)


def reported(kind: str, at: str, source: SourceKind = SourceKind.AWS, **fact: Any) -> Said:
    whole = {"type": kind, "at": clock(at), "job_id": "job-1", **fact}
    if kind == INSTANCE_REPORTED:
        del whole["job_id"]
    return Said("aws", f"{kind}/{at}/{fact.get('attempt')}", source, cast(Fact, whole))


def report(native: list[dict[str, Any]], *others: Said) -> JobReport:
    return report_jobs([*said_by_events(native), *others])["job-1"]


def test_the_word_of_aws_stands_where_sources_disagree_on_how_a_job_ended() -> None:
    failed = reported(JOB_REPORTED, "01:01", status="FAILED", completed_at=clock("01:01"), attempt=1)
    disputed = report([start("00:00", 1), job("job.succeeded", "01:00", 1)], failed)
    assert disputed.job.status == "FAILED"
    assert disputed.job.completed_at == clock("01:00")
    assert disputed.job.attempts[0].end_reason == "completed"


def test_a_job_that_aws_says_has_ended_is_ended_though_its_agent_died_in_silence() -> None:
    silent = report(
        [start("00:00", 1)], reported(JOB_REPORTED, "01:00", status="FAILED", completed_at=clock("01:00"), attempt=1)
    )
    assert (silent.job.status, silent.job.attempts[0].end_reason) == ("FAILED", "failed")
    assert silent.figures["instance_hours"] == 1


def test_an_earlier_end_by_another_source_ends_the_attempt_and_gives_the_reason() -> None:
    by_aws = reported(
        ATTEMPT_REPORTED, "01:00", attempt=1, started_at=clock("00:01"), ended_at=clock("00:59"), end_reason="failed"
    )
    both = report([start("00:00", 1), job("job.succeeded", "01:00", 1)], by_aws)
    assert both.job.attempts[0].end_reason == "failed"
    assert both.job.attempts[0].started_at == clock("00:00")
    assert both.figures["instance_hours"] == pytest.approx(59 / 60)


def test_what_aws_last_said_is_the_status_of_a_job_without_attempts() -> None:
    reports = [
        reported(JOB_REPORTED, at, status=status) for at, status in (("00:01", "PENDING"), ("00:02", "RUNNABLE"))
    ]
    assert report([], *reports).job.status == "RUNNABLE"
    assert report([], *reports[::-1]).job.status == "RUNNABLE"


def test_a_container_instance_leads_to_what_is_known_of_its_instance() -> None:
    told = reported(ATTEMPT_REPORTED, "01:00", attempt=1, started_at=clock("00:00"), container_instance_arn="arn:c/1")
    linked = reported(INSTANCE_REPORTED, "00:00", container_instance_arn="arn:c/1", instance_id="i-9")
    described = reported(
        INSTANCE_REPORTED, "00:30", instance_id="i-9", instance_type="m5.large", purchase_option="spot"
    )
    attempt = report([], told, linked, described).job.attempts[0]
    assert (attempt.instance_id, attempt.instance_type, attempt.purchase_option) == ("i-9", "m5.large", "spot")


def test_a_native_event_outweighs_a_later_report_of_aws() -> None:
    asked = reported(JOB_REPORTED, "02:00", status="RUNNING", vcpus=2.0)
    assert report([job("job.submitted", "00:00", vcpus=8)], asked).job.fields["vcpus"] == 8


def test_attempts_that_aws_counted_and_nobody_described_leave_the_cost_unknown() -> None:
    counted = reported(JOB_REPORTED, "01:00", status="SUCCEEDED", completed_at=clock("01:00"), attempt=2)
    known = report([start("00:30", 2)], counted)
    assert [attempt.end_reason for attempt in known.job.attempts] == [None, "completed"]
    assert known.figures["cost_usd"] is None
