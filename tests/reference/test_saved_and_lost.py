"""Work saved, saved from Spot, lost and waited for; and whose platform has which figure."""

from typing import Any

import pytest

from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import ATTEMPT_REPORTED, JOB_REPORTED, Entry
from tests.reference.readings import Reader, SeenJob, clock, native, said
from tests.reference.worked_example import SECOND_EXAMPLE, WORKED_EXAMPLE, at, job, price, start

MINUTE = 60


def one(read: Reader, events: list[dict[str, Any]], *more: Entry, **settings: Any) -> SeenJob:
    return read([*native(events), *more], **settings)["job-1"]


def checkpoint(taken: str, attempt: int, identity: str) -> dict[str, Any]:
    told = {"checkpoint_id": identity, "taken_at": at(taken), "duration_seconds": 60}
    return job("checkpoint.succeeded", f"{taken}:30", attempt, **told)


def restored(clock: str, attempt: int, identity: str) -> dict[str, Any]:
    return job("restore.succeeded", clock, attempt, checkpoint_id=identity, duration_seconds=60)


def carried_over(end: dict[str, Any] | None, **place: Any) -> list[dict[str, Any]]:
    """30 minutes of attempt 1 restored into attempt 2, however attempt 1 ended."""
    ended = [] if end is None else [end]
    return [
        job("job.submitted", "00:00", vcpus=2),
        start("00:00", 1, **place),
        checkpoint("00:30", 1, "c"),
        *ended,
        start("01:00", 2, **place),
        restored("01:01", 2, "c"),
        job("job.succeeded", "02:00", 2),
    ]


def test_the_worked_example_holds_to_its_last_digit(read: Reader) -> None:
    seen = one(read, WORKED_EXAMPLE)
    expected = {
        "runtime_seconds": 3 * 3600,
        "cpu_hours": 24,
        "instance_hours": 1 + 1 + 40 / 60,
        "cost_usd": (1 + 1 + 40 / 60) * 0.40,
        "saved_seconds": 95 * MINUTE,
        "spot_saved_seconds": 95 * MINUTE,
        "saved_cpu_hours": 8 * 95 / 60,
        "saved_cost_usd": 95 / 60 * 0.40,
        "on_demand_savings_usd": (1 + 1 + 40 / 60) * 0.60,
        "lost_seconds": 25 * MINUTE,
        "waiting_seconds": 20 * MINUTE,
        "overhead_seconds": 60 + 60 + 300 + 240,
        "net_saved_seconds": 95 * MINUTE - 660,
        "on_demand_net_savings_usd": 1.00 * (95 + 40 - 4) / 60 - (1 + 1 + 40 / 60) * 0.40,
    }
    assert {name: seen.figures[name] for name in expected} == pytest.approx(expected, rel=1e-12)
    assert seen.protections == {"succeeded": 2}


def test_the_second_example_holds_to_its_last_digit(read: Reader) -> None:
    seen = one(read, SECOND_EXAMPLE)
    expected = {
        "saved_seconds": 90 * MINUTE,
        "spot_saved_seconds": 40 * MINUTE,
        "lost_seconds": 20 * MINUTE,
        "saved_cost_usd": 40 / 60 * 0.40,
    }
    assert {name: seen.figures[name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_a_job_that_only_ever_ran_on_demand_saved_nothing_from_spot(read: Reader) -> None:
    end = job("job.interrupted", "00:40", 1, reason="host_lost")
    seen = one(read, carried_over(end, purchase_option="on-demand", usd_per_hour=1.0))
    assert (seen.figures["saved_seconds"], seen.figures["spot_saved_seconds"]) == (30 * MINUTE, 0)
    assert (seen.figures["saved_cpu_hours"], seen.figures["saved_cost_usd"]) == (0, 0)
    assert seen.figures["lost_seconds"] == 10 * MINUTE


def test_an_end_that_nobody_explains_leaves_what_was_saved_from_spot_unknown(read: Reader) -> None:
    seen = one(read, carried_over(None))
    assert (seen.figures["saved_seconds"], seen.figures["spot_saved_seconds"]) == (30 * MINUTE, None)
    assert seen.figures["lost_seconds"] is None
    from_zero = [one for one in carried_over(None) if "restore" not in one["type"]]
    assert one(read, from_zero).figures["spot_saved_seconds"] == 0


def test_where_nothing_was_reclaimed_or_interrupted_these_are_zero_whatever_was_saved(read: Reader) -> None:
    unplaced = [
        *carried_over(job("job.interrupted", "00:40", 1, reason="failed")),
        restored("01:03", 2, "nobody knows"),
    ]
    seen = one(read, unplaced)
    assert seen.figures["saved_seconds"] is None
    assert (seen.figures["spot_saved_seconds"], seen.figures["lost_seconds"]) == (0, 0)


def test_a_restore_that_succeeded_proves_its_checkpoint_where_the_end_is_unknown(read: Reader) -> None:
    untimed = said("mmbatch.job.interrupted", "01:00", SourceKind.TRACE, attempt=1, end_reason="reclaimed")
    seen = one(read, carried_over(None), untimed)
    assert (seen.figures["saved_seconds"], seen.figures["spot_saved_seconds"]) == (30 * MINUTE, 30 * MINUTE)
    assert (seen.protections, seen.figures["lost_seconds"]) == ({"succeeded": 1}, None)


def test_lost_work_is_counted_attempt_by_attempt(read: Reader) -> None:
    events = [
        start("00:00", 1),
        checkpoint("00:50", 1, "c"),
        job("job.interrupted", "01:00", 1, reason="reclaimed"),
        start("01:00", 2),
        job("job.interrupted", "01:30", 2, reason="reclaimed"),
        start("01:30", 3),
        restored("01:31", 3, "c"),
        job("job.failed", "02:00", 3),
    ]
    assert one(read, events).figures["lost_seconds"] == (10 + 30) * MINUTE
    reclaimed_at_last = [*events[:-1], job("job.interrupted", "02:00", 3, reason="reclaimed")]
    failed = said(JOB_REPORTED, "02:01", status="FAILED", completed_at="02:00")
    assert one(read, reclaimed_at_last, failed).figures["lost_seconds"] == (10 + 30 + 30) * MINUTE
    assert one(read, reclaimed_at_last).figures["lost_seconds"] == (10 + 30) * MINUTE


def test_waiting_is_clipped_at_a_small_skew_and_unknown_at_a_large_one(read: Reader) -> None:
    def waited(second_start: str) -> float | None:
        first = [job("job.submitted", "00:00"), start("00:10", 1), job("job.interrupted", "01:00", 1, reason="failed")]
        return one(read, [*first, start(second_start, 2)]).figures["waiting_seconds"]

    assert [waited(when) for when in ("01:30", "00:55", "00:54:59")] == [40 * MINUTE, 10 * MINUTE, None]


def test_one_checkpoint_told_by_two_doors_counts_once(read: Reader) -> None:
    told = {"attempt": 1, "taken_at": "00:30", "duration_seconds": 55.0}
    imported = [
        said("mmbatch.checkpoint.succeeded", "00:31", SourceKind.TRACE, **told),
        said("mmbatch.restore.succeeded", "01:01", SourceKind.TRACE, attempt=2, duration_seconds=50.0),
    ]
    events = carried_over(job("job.interrupted", "00:40", 1, reason="reclaimed"))
    both = one(read, events, *imported)
    assert (both.checkpoints, both.restores, both.figures["overhead_seconds"]) == ((1, 0), (1, 0), 120)
    placed = [one for one in events if "checkpoint" not in one["type"] and "restore" not in one["type"]]
    alone = one(read, placed, *imported)
    assert (alone.checkpoints, alone.restores, alone.figures["overhead_seconds"]) == ((1, 0), (1, 0), 105)


def test_a_checkpoint_without_id_is_the_one_of_that_moment(read: Reader) -> None:
    nameless = job("checkpoint.succeeded", "00:30:40", 1, taken_at=at("00:30"), duration_seconds=60)
    seen = one(read, [start("00:00", 1), checkpoint("00:30", 1, "c"), nameless])
    assert seen.checkpoints == (1, 0)


def test_a_checkpoint_of_unknown_moment_may_be_the_one_a_nameless_restore_used(read: Reader) -> None:
    events = [
        start("00:00", 1),
        checkpoint("00:20", 1, "c"),
        job("checkpoint.succeeded", "00:35", 1, checkpoint_id="d"),
        job("job.interrupted", "00:40", 1, reason="reclaimed"),
        start("01:00", 2),
        job("restore.succeeded", "01:01", 2, duration_seconds=60),
    ]
    assert one(read, events).figures["saved_seconds"] is None
    assert (
        one(read, [event for event in events if event["data"].get("checkpoint_id") != "d"]).figures["saved_seconds"]
        == 20 * MINUTE
    )


def test_fargate_has_times_and_no_figure_of_ec2(read: Reader) -> None:
    fargate = said(JOB_REPORTED, "02:00", status="SUCCEEDED", completed_at="02:00", platform="FARGATE")
    seen = one(read, carried_over(job("job.interrupted", "00:40", 1, reason="reclaimed")), fargate)
    assert (seen.figures["cpu_hours"], seen.figures["saved_seconds"], seen.figures["lost_seconds"]) == (4, 1800, 600)
    of_ec2 = ("instance_hours", "cost_usd", "on_demand_savings_usd", "on_demand_net_savings_usd")
    assert {seen.figures[name] for name in (*of_ec2, "saved_cpu_hours", "saved_cost_usd")} == {None}


@pytest.mark.parametrize(
    ("place", "hours"),
    [({"container_instance_arn": "arn:c/1"}, 1), ({"container_id": "arn:aws:ecs:eu-west-1:1:task/c/1"}, None), ({}, 1)],
)
def test_a_job_that_may_run_on_both_is_where_its_attempt_is_known_to_have_been(
    read: Reader, place: dict[str, str], hours: float | None
) -> None:
    told = {"attempt": 1, "started_at": "00:00", "ended_at": "01:00", "end_reason": "completed"}
    attempt = said(ATTEMPT_REPORTED, "01:00", **told, **place)
    either = said(JOB_REPORTED, "01:00", status="SUCCEEDED", completed_at="01:00", platform="EC2,FARGATE")
    assert read([attempt, either])["job-1"].figures["instance_hours"] == hours
    on_instance = native([start("00:00", 1)])
    assert read([attempt, either, *on_instance])["job-1"].figures["instance_hours"] == 1


def test_an_eks_job_is_priced_where_its_instance_is_known(read: Reader) -> None:
    eks = said(JOB_REPORTED, "01:00", status="SUCCEEDED", completed_at="01:00", platform="EKS")
    listed = [price("on-demand", "00:00", 1.00), price("spot", "00:00", 0.30, "us-east-1a")]

    def cost(**place: Any) -> float | None:
        return one(read, [*listed, start("00:00", 1, usd_per_hour=None, **place)], eks).figures["cost_usd"]

    assert cost() == pytest.approx(0.30)
    assert cost(instance_id=None) == pytest.approx(0.30)
    assert cost(instance_id=None, availability_zone=None) is None


def test_a_zone_id_gives_its_region_and_no_spot_history(read: Reader) -> None:
    history = [price("on-demand", "00:00", 1.00), price("spot", "00:00", 0.30, "us-east-1a")]
    spot = [*history, start("00:00", 1, usd_per_hour=None, availability_zone="use1-az4"), job("job.succeeded", "01:00")]
    seen = one(read, spot, region="eu-west-1", assumed_spot_discount=0.5)
    assert (seen.attempts[0].region, seen.attempts[0].source) == ("us-east-1", "assumed")
    assert seen.figures["on_demand_savings_usd"] == pytest.approx(0.50)


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("us-east-1a", "us-east-1"),
        ("euw1-az1", "eu-west-1"),
        ("apne1-az4", "ap-northeast-1"),
        ("usgw1-az2", "us-gov-west-1"),
        ("usw2-lax1-az1", "us-west-2"),
        ("us-gov-east-1b", "us-gov-east-1"),
        (None, "eu-central-1"),
    ],
)
def test_the_region_is_that_of_the_zone_else_that_of_the_jobs_own_record(
    read: Reader, zone: str | None, region: str
) -> None:
    own = said(JOB_REPORTED, "01:00", status="RUNNING", region="eu-central-1")
    assert one(read, [start("00:00", 1, availability_zone=zone)], own).attempts[0].region == region


def test_the_first_end_that_is_known_ends_the_job_too(read: Reader) -> None:
    seen = one(read, [job("job.submitted", "00:00", vcpus=2), start("00:10", 1), job("job.succeeded", "01:10", 1)])
    assert (seen.started_at, seen.figures["cpu_hours"]) == (clock("00:10"), 2)
