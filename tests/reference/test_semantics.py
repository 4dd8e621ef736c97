"""Sentences of docs/definitions.md that the expected files do not reach, each on a job or two written by hand."""

from typing import Any

import pytest

from tests.reference import PricingSettings, report_jobs, said_by_events, total
from tests.reference.figures import JobReport
from tests.reference.worked_example import WORKED_EXAMPLE, at, event, job, price, start


def report(*events: dict[str, Any], settings: PricingSettings | None = None) -> JobReport:
    return report_jobs(said_by_events(events), settings)["job-1"]


def without(kind: str, clock: str) -> list[dict[str, Any]]:
    return [one for one in WORKED_EXAMPLE if not (one["type"].endswith(kind) and one["time"] == at(clock))]


def test_an_attempt_that_nobody_saw_makes_the_sums_over_attempts_unknown() -> None:
    unseen = report(*without("job.started", "00:00"))
    assert unseen.job.started_at is None
    assert unseen.figures["instance_hours"] is None
    assert unseen.figures["cpu_hours"] is None


def test_a_failure_without_attempt_number_ends_the_attempt_that_had_started_by_then() -> None:
    retried = report(start("00:00", 1), job("job.failed", "00:10"), start("00:20", 2), job("job.succeeded", "00:30"))
    assert [attempt.end_reason for attempt in retried.job.attempts] == ["failed", "completed"]
    assert retried.job.status == "SUCCEEDED"
    assert retried.figures["instance_hours"] == pytest.approx(20 / 60)


def test_a_cancelled_job_is_failed_and_its_attempt_cancelled() -> None:
    cancelled = report(start("00:00", 1), job("job.cancelled", "00:10", reason="by hand"))
    assert (cancelled.job.status, cancelled.job.attempts[0].end_reason) == ("FAILED", "cancelled")


def test_an_end_up_to_five_minutes_before_the_start_is_clock_skew_and_more_is_unknown() -> None:
    assert report(start("00:05", 1), job("job.succeeded", "00:00")).figures["instance_hours"] == 0
    assert report(start("00:05:01", 1), job("job.succeeded", "00:00", 1)).figures["instance_hours"] is None


def test_a_notice_ten_minutes_before_a_lost_host_makes_it_a_reclaim_and_an_older_one_does_not() -> None:
    notice = event("instance.reclaim_notice", "00:10", instance_id="i-1", kind="interruption")
    in_time = report(notice, start("00:00", 1), job("job.interrupted", "00:20", 1, reason="host_lost"))
    too_late = report(notice, start("00:00", 1), job("job.interrupted", "00:20:01", 1, reason="host_lost"))
    assert [one.job.attempts[0].end_reason for one in (in_time, too_late)] == ["reclaimed", "host_lost"]


def test_a_rebalance_notice_makes_no_reclaim() -> None:
    notice = event("instance.reclaim_notice", "00:10", instance_id="i-1", kind="rebalance")
    lost = report(notice, start("00:00", 1), job("job.interrupted", "00:12", 1, reason="host_lost"))
    assert lost.job.attempts[0].end_reason == "host_lost"


def test_a_spot_attempt_costs_the_time_weighted_mean_of_its_zone() -> None:
    history = [price("spot", clock, usd, "us-east-1a") for clock, usd in (("00:00", 0.30), ("01:30", 0.60))]
    spot = report(*history, start("01:00", 1, usd_per_hour=None), job("job.succeeded", "03:00", 1))
    assert spot.rates[0].source == "spot_history"
    assert spot.figures["cost_usd"] == pytest.approx(0.5 * 0.30 + 1.5 * 0.60)


def test_a_spot_attempt_before_the_first_observation_is_priced_by_assumption_only() -> None:
    events = [
        price("on-demand", "00:00", 1.00),
        price("spot", "01:30", 0.60, "us-east-1a"),
        start("01:00", 1, usd_per_hour=None),
        job("job.succeeded", "02:00", 1),
    ]
    assert report(*events).figures["cost_usd"] is None
    assumed = report(*events, settings=PricingSettings(assumed_spot_discount=0.7))
    assert assumed.rates[0].source == "assumed"
    assert assumed.figures["cost_usd"] == pytest.approx(0.30)


def test_an_unknown_purchase_option_has_savings_unknown_even_at_a_reported_price() -> None:
    unknown = report(start("00:00", 1, purchase_option=None), job("job.succeeded", "01:00", 1))
    assert unknown.figures["cost_usd"] == pytest.approx(0.40)
    assert unknown.figures["on_demand_savings_usd"] is None


def test_two_restores_from_one_checkpoint_count_once() -> None:
    events = [
        start("00:00", 1),
        job("checkpoint.succeeded", "00:30", 1, checkpoint_id="c", taken_at=at("00:30"), duration_seconds=0),
        job("job.interrupted", "00:40", 1, reason="reclaimed"),
        start("01:00", 2),
        job("restore.succeeded", "01:01", 2, checkpoint_id="c", duration_seconds=60),
        job("job.interrupted", "01:10", 2, reason="reclaimed"),
        start("02:00", 3),
        job("restore.succeeded", "02:01", 3, checkpoint_id="c", duration_seconds=60),
    ]
    assert report(*events).figures["saved_seconds"] == 30 * 60


def test_a_restart_from_zero_loses_what_was_carried_before_it() -> None:
    restarted = report(
        *[
            one
            for one in WORKED_EXAMPLE
            if not (one["type"].startswith("mmbatch.restore") and one["time"] > at("02:10"))
        ]
    )
    assert restarted.figures["saved_seconds"] == 0
    assert restarted.figures["lost_seconds"] == 120 * 60
    assert restarted.protections == {"succeeded": 1, "failed": 1}


def test_a_checkpoint_that_only_began_is_activity_but_no_attempt_and_no_overhead() -> None:
    began = report(
        start("00:00", 1),
        job("checkpoint.started", "00:09", 1, checkpoint_id="c"),
        job("job.interrupted", "00:10", 1, reason="reclaimed"),
    )
    assert (began.checkpoints, began.figures["overhead_seconds"]) == ((0, 0), 0)
    assert began.protections == {"pending": 1}


def test_a_protection_is_pending_while_the_next_attempt_is_open_and_unrestored() -> None:
    reclaimed = [one for one in WORKED_EXAMPLE if one["time"] <= at("01:05")]
    assert report(*reclaimed).protections == {"pending": 1}
    failed = job("restore.failed", "01:08", 2, checkpoint_id="c1", duration_seconds=180)
    assert report(*reclaimed, failed).protections == {"failed": 1}


def test_parents_count_in_no_figure() -> None:
    child = job("job.submitted", "00:00", parent_id="parent")
    reports = report_jobs(said_by_events([child, event("job.submitted", "00:00", job_id="parent", vcpus=4)]))
    assert list(reports) == ["job-1"]


def test_saved_totals_of_an_empty_selection_are_zero_and_other_totals_unknown() -> None:
    empty = total([])
    assert (empty.value["saved_cpu_hours"], empty.coverage["saved_cpu_hours"]) == (0, None)
    assert (empty.value["cost_usd"], empty.coverage["cost_usd"]) == (None, None)


def test_a_restore_dated_before_its_attempt_counts_no_more_work_than_the_attempt_had_time_for() -> None:
    events = [
        start("00:00", 1),
        job("checkpoint.succeeded", "00:31", 1, checkpoint_id="c1", taken_at=at("00:30"), duration_seconds=60),
        job("job.interrupted", "00:40", 1, reason="reclaimed"),
        start("01:00", 2),
        job("restore.succeeded", "00:58", 2, checkpoint_id="c1", duration_seconds=60),
        job("checkpoint.succeeded", "01:21", 2, checkpoint_id="c2", taken_at=at("01:20"), duration_seconds=60),
        job("job.interrupted", "01:20", 2, reason="reclaimed"),
        start("02:00", 3),
        job("restore.succeeded", "02:01", 3, checkpoint_id="c2", duration_seconds=60),
    ]
    assert report(*events).figures["saved_seconds"] == (30 + 20) * 60
