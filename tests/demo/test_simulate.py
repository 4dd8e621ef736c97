"""The simulated month: repeatable, valid, in order, and with every ingredient a first look should find."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest

from mmbatch_dash.demo import DEFAULT_SCENARIO, DEMO_SOURCE, simulate, simulate_live
from tests.demo.vocabulary import find_faults
from tests.reference import JobReport, PricingSettings, report_jobs, said_by_events, total

END_AT = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
SEED = 7

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def events() -> Events:
    return list(simulate(DEFAULT_SCENARIO, seed=SEED, end_at=END_AT))


@pytest.fixture(scope="module")
def reports(events: Events) -> dict[str, JobReport]:
    return report_jobs(said_by_events(events))


def of_type(events: Events, kind: str) -> Events:
    return [event for event in events if event["type"] == "mmbatch." + kind]


def test_the_same_seed_and_end_give_the_same_events(events: Events) -> None:
    assert list(simulate(DEFAULT_SCENARIO, seed=SEED, end_at=END_AT)) == events


def test_another_seed_or_another_end_shares_no_identity_and_no_job(events: Events) -> None:
    identities = {(event["source"], event["id"]) for event in events}
    jobs = {event["data"]["job_id"] for event in of_type(events, "job.submitted")}
    for seed, end_at in ((SEED + 1, END_AT), (SEED, END_AT + timedelta(hours=1))):
        other = list(simulate(DEFAULT_SCENARIO, seed=seed, jobs=200, end_at=end_at))
        assert identities.isdisjoint((event["source"], event["id"]) for event in other)
        assert jobs.isdisjoint(event["data"]["job_id"] for event in of_type(other, "job.submitted"))


def test_every_event_is_valid_by_the_table_of_event_types(events: Events) -> None:
    assert [(event, faults) for event in events if (faults := find_faults(event))] == []


def test_every_event_says_that_it_is_simulated(events: Events) -> None:
    assert all(event["source"].startswith(DEMO_SOURCE) for event in events)
    live = islice(simulate_live(DEFAULT_SCENARIO, SEED, END_AT), 200)
    assert all(event["source"].startswith(DEMO_SOURCE) for _, event in live)


def test_events_come_in_order_of_time_within_the_month_and_each_once(events: Events) -> None:
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(times)
    assert times[0] >= END_AT - timedelta(days=DEFAULT_SCENARIO.days)
    assert times[-1] <= END_AT
    assert len({(event["source"], event["id"]) for event in events}) == len(events)


@pytest.mark.parametrize("jobs", [1, 9, 10, 137, 1000])
def test_exactly_as_many_jobs_come_as_were_asked_for(jobs: int) -> None:
    told = list(simulate(DEFAULT_SCENARIO, seed=3, jobs=jobs, end_at=END_AT))
    assert len(report_jobs(said_by_events(told))) == jobs


@pytest.mark.parametrize("seed", [1, SEED, 99])
def test_the_world_has_every_ingredient(seed: int) -> None:
    told = list(simulate(DEFAULT_SCENARIO, seed=seed, end_at=END_AT))
    world = report_jobs(said_by_events(told), PricingSettings()).values()
    jobs = [report.job for report in world]
    found = total(world)
    assert found.jobs == DEFAULT_SCENARIO.jobs
    assert {job.status for job in jobs} >= {"SUCCEEDED", "FAILED", "RUNNING", "RUNNABLE"}
    assert {attempt.end_reason for job in jobs for attempt in job.attempts} == {
        "running",
        "completed",
        "failed",
        "reclaimed",
        "host_lost",
        "cancelled",
    }
    assert {attempt.purchase_option for job in jobs for attempt in job.attempts} == {"spot", "on-demand", None}
    assert {rate.source for report in world for rate in report.rates} == {
        "reported",
        "spot_history",
        "price_list",
        "free_hour",
        None,
    }
    assert min(found.protections[outcome] for outcome in ("succeeded", "failed", "pending", "unprotected")) > 0
    assert min(*found.checkpoints, *found.restores) > 0
    assert 0.8 < (found.coverage["cost_usd"] or 0) < 1
    assert (found.value["net_saved_seconds"] or 0) > 0


def test_work_is_in_the_hands_of_the_engine_as_the_month_ends(reports: dict[str, JobReport]) -> None:
    running = [report.job for report in reports.values() if report.job.status == "RUNNING"]
    restoring = [one for job in running for one in job.restores if one.attempt == len(job.attempts)]
    assert len(running) > 10
    assert any(one.succeeded is None for one in restoring)


def test_reclaims_come_in_waves_that_hit_one_zone_in_one_hour(events: Events) -> None:
    zone_of = {
        event["data"]["instance_id"]: event["data"]["availability_zone"] for event in of_type(events, "node.registered")
    }
    notices = [one for one in of_type(events, "instance.reclaim_notice") if one["data"]["kind"] == "interruption"]
    hours = Counter((zone_of[one["data"]["instance_id"]], one["time"][:13]) for one in notices)
    assert max(hours.values()) >= 5


def test_one_instance_is_noticed_once_and_stops_no_more_after_it(events: Events) -> None:
    notices = [one for one in of_type(events, "instance.reclaim_notice") if one["data"]["kind"] == "interruption"]
    noticed = [one["subject"] for one in notices]
    assert len(set(noticed)) == len(noticed)
    node_of = {one["data"]["instance_id"]: one["data"]["node_id"] for one in of_type(events, "node.registered")}
    stopped = {one["data"]["node_id"] for one in of_type(events, "node.stopped")}
    assert stopped.isdisjoint(node_of[instance] for instance in noticed)


def test_some_jobs_share_an_instance(reports: dict[str, JobReport]) -> None:
    placed = Counter(attempt.instance_id for report in reports.values() for attempt in report.job.attempts)
    assert max(placed.values()) == 2


def test_every_array_child_names_a_parent_that_is_no_job(events: Events, reports: dict[str, JobReport]) -> None:
    submitted = of_type(events, "job.submitted")
    parents = {event["data"]["parent_id"] for event in submitted if "parent_id" in event["data"]}
    assert len(parents) > 20
    assert parents <= {event["data"]["job_id"] for event in submitted}
    assert parents.isdisjoint(reports)


def test_working_hours_are_busier_than_nights_and_weekends(events: Events) -> None:
    moments = [datetime.fromisoformat(event["time"]) for event in of_type(events, "job.submitted")]
    weekdays = [at for at in moments if at.weekday() < 5]
    assert sum(9 <= at.hour < 17 for at in weekdays) > 3 * sum(at.hour < 5 for at in weekdays)
    assert len(weekdays) / 22 > 2 * (len(moments) - len(weekdays)) / 8


def test_saved_work_lies_between_nothing_and_all_that_was_run_before(reports: dict[str, JobReport]) -> None:
    for report in reports.values():
        before = [one for one in report.job.attempts[:-1] if one.started_at and one.ended_at]
        run = sum((one.ended_at - one.started_at).total_seconds() for one in before if one.ended_at and one.started_at)
        assert 0 <= (report.figures["saved_seconds"] or 0) <= run


def test_nodes_that_are_up_at_the_end_were_just_heard_from(events: Events) -> None:
    heard = of_type(events, "node.heartbeat")
    assert len(heard) > 10
    assert {event["time"] for event in heard} == {events[-1]["time"]}


def test_live_events_go_on_where_the_month_ended(events: Events) -> None:
    live = list(islice(simulate_live(DEFAULT_SCENARIO, SEED, END_AT), 2000))
    due = [due_at for due_at, _ in live]
    assert due[0] > END_AT
    assert all(earlier <= later for earlier, later in pairwise(due))
    assert [(event, faults) for _, event in live if (faults := find_faults(event))] == []
    told = {(event["source"], event["id"]) for event in events}
    assert told.isdisjoint((event["source"], event["id"]) for _, event in live)


def test_work_that_was_open_as_the_month_ended_is_finished_live(events: Events, reports: dict[str, JobReport]) -> None:
    running = {job_id for job_id, report in reports.items() if report.job.status == "RUNNING"}
    live = [event for _, event in islice(simulate_live(DEFAULT_SCENARIO, SEED, END_AT), 20_000)]
    later = report_jobs(said_by_events([*events, *live]))
    assert sum(later[job_id].job.has_ended for job_id in running) > len(running) / 2


def test_a_watcher_sees_starts_checkpoints_and_reclaims_within_a_quarter_of_an_hour() -> None:
    live = islice(simulate_live(DEFAULT_SCENARIO, SEED, END_AT), 5_000)
    soon = [event for due_at, event in live if due_at < END_AT + timedelta(minutes=15)]
    kinds = {event["type"] for event in soon}
    assert kinds >= {"mmbatch.job.started", "mmbatch.checkpoint.succeeded", "mmbatch.job.interrupted"}
    assert len({event["time"] for event in soon}) > 60
