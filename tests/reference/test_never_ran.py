"""Attempts and jobs that never ran: listed and counted, and in no figure."""

import pytest

from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, JOB_REPORTED
from tests.reference.readings import Reader, clock, native, said
from tests.reference.worked_example import at, job, start

PULL_FAILED = {"end_reason": "not_started", "reason": "CannotPullContainerError"}


def idle(number: int, ended_at: str) -> object:
    return said(ATTEMPT_REPORTED, ended_at, attempt=number, ended_at=ended_at, **PULL_FAILED)


def test_a_listed_attempt_without_start_is_counted_and_adds_nothing(read: Reader) -> None:
    ran = native([job("job.submitted", "00:00", vcpus=2), start("00:20", 2), job("job.succeeded", "01:20", 2)])
    seen = read([*ran, idle(1, "00:10")])["job-1"]
    assert seen.reasons == ["not_started", "completed"]
    assert (seen.started_at, seen.attempts[0].started_at) == (clock("00:20"), None)
    assert seen.figures["instance_hours"] == 1
    assert seen.figures["cost_usd"] == pytest.approx(0.40)
    assert seen.figures["cpu_hours"] == 2
    assert seen.figures["waiting_seconds"] == 20 * 60
    assert seen.figures["lost_seconds"] == 0


def test_the_latest_attempt_is_the_latest_that_ran(read: Reader) -> None:
    seen = read([*native([start("00:00", 1), job("job.interrupted", "01:00", 1, reason="failed")]), idle(2, "01:10")])
    assert seen["job-1"].status == "RUNNABLE"
    assert seen["job-1"].figures["cost_usd"] == pytest.approx(0.40)
    assert seen["job-1"].figures["saved_cost_usd"] == 0


def test_an_attempt_that_another_source_saw_start_has_run_and_failed(read: Reader) -> None:
    seen = read([*native([start("00:05", 1)]), idle(1, "00:10")])["job-1"]
    assert (seen.reasons, seen.started_at) == (["failed"], clock("00:05"))
    assert seen.figures["instance_hours"] == pytest.approx(5 / 60)


@pytest.mark.parametrize("proof", ["checkpoint.started", "restore.failed"])
def test_a_checkpoint_or_a_restore_proves_that_an_attempt_ran(read: Reader, proof: str) -> None:
    seen = read([*native([job(proof, "00:06", 1)]), idle(1, "00:10")])["job-1"]
    assert seen.reasons == ["failed"]
    assert seen.started_at is None


def test_a_job_of_which_aws_says_that_it_never_started_has_no_figures_and_carried_nothing(read: Reader) -> None:
    never = said(JOB_REPORTED, "01:00", status="FAILED", completed_at="01:00", never_started=True)
    seen = read([*native([job("job.submitted", "00:00", vcpus=2)]), never, idle(1, "00:50")])["job-1"]
    assert seen.status == "FAILED"
    unknown = ("runtime_seconds", "cpu_hours", "instance_hours", "cost_usd", "on_demand_savings_usd")
    assert [seen.figures[name] for name in unknown] == [None] * 5
    saved = ("saved_seconds", "spot_saved_seconds", "saved_cpu_hours", "saved_cost_usd", "lost_seconds")
    assert [seen.figures[name] for name in saved] == [0] * 5


def test_a_start_that_anybody_tells_of_outweighs_the_word_that_the_job_never_started(read: Reader) -> None:
    never = said(JOB_REPORTED, "01:00", status="FAILED", completed_at="01:00", never_started=True)
    seen = read([never, *native([job("job.submitted", "00:00", vcpus=2), start("00:30", 1)])])["job-1"]
    assert seen.figures["cpu_hours"] == 1
    assert seen.reasons == ["failed"]


def test_started_at_is_unknown_where_an_earlier_attempt_was_not_seen_at_all(read: Reader) -> None:
    seen = read(native([start("00:20", 2), job("job.succeeded", "01:20", 2)]))["job-1"]
    assert seen.reasons == [None, "completed"]
    assert (seen.started_at, seen.figures["runtime_seconds"]) == (None, None)


def test_a_restore_into_the_next_attempt_that_ran_protects_the_reclaimed_one(read: Reader) -> None:
    events = [
        start("00:00", 1),
        job("checkpoint.succeeded", "00:31", 1, checkpoint_id="c", taken_at=at("00:30"), duration_seconds=60),
        job("job.interrupted", "00:40", 1, reason="reclaimed"),
        start("01:00", 3),
        job("restore.succeeded", "01:05", 3, checkpoint_id="c", duration_seconds=300),
        job("job.succeeded", "02:00", 3),
    ]
    seen = read([*native(events), idle(2, "00:50")])["job-1"]
    assert seen.protections == {"succeeded": 1}
    assert seen.figures["spot_saved_seconds"] == 30 * 60
    assert seen.figures["lost_seconds"] == 10 * 60


def test_a_job_with_nothing_but_attempts_that_never_ran_is_where_aws_says_it_is(read: Reader) -> None:
    runnable = said(JOB_REPORTED, "00:20", status="RUNNABLE")
    assert read([idle(1, "00:10"), runnable])["job-1"].status == "RUNNABLE"


def test_an_end_that_names_no_attempt_is_not_that_of_one_that_never_ran(read: Reader) -> None:
    seen = read([*native([start("00:00", 1), job("job.failed", "00:30")]), idle(2, "00:40")])["job-1"]
    assert seen.reasons == ["failed", "not_started"]
    assert seen.attempts[0].ended_at == clock("00:30")


def test_a_job_cancelled_before_any_attempt_never_started(read: Reader) -> None:
    seen = read(native([job("job.submitted", "00:00", vcpus=2), job("job.cancelled", "00:05")]))["job-1"]
    assert (seen.status, seen.figures["cpu_hours"], seen.figures["saved_cpu_hours"]) == ("FAILED", None, 0)
