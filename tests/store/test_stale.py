"""A running job that nobody has heard of for long is stale: in no running figure, counted apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import JOBS_SEEN, Entry
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services.jobs import Jobs
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.fold.worker import FoldWorker
from tests.reference.worked_example import at, event, job, start
from tests.store.world import World

STARTED = datetime(2026, 3, 1, tzinfo=UTC)
WEEK = timedelta(hours=168)


def reports_of(world: World, now: datetime) -> Reports:
    return Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: now)


def seen(hours: float, *job_ids: str) -> Entry:
    when = STARTED + timedelta(hours=hours)
    return Entry(
        "test/sync",
        str(hours),
        SourceKind.AWS,
        JOBS_SEEN,
        when,
        [{"type": JOBS_SEEN, "at": when, "job_ids": list(job_ids)}],
        {},
    )


def of_node(hours: float, kind: str = "node.heartbeat", **data: Any) -> Entry:
    told = event(kind, "00:00", node_id="n-1", **data)
    return read_event({**told, "id": f"{kind}/{hours}", "time": (STARTED + timedelta(hours=hours)).isoformat()})


@pytest.fixture
def world(build_world: Callable[..., World]) -> World:
    world = build_world()
    world.take([job("job.submitted", "00:00", vcpus=4), start("00:00", 1, node_id="n-1")])
    return world


def test_a_job_not_heard_of_for_longer_than_a_week_runs_in_no_figure_and_is_counted_apart(world: World) -> None:
    fresh = reports_of(world, STARTED + WEEK).summary(Selection()).running
    assert (fresh.jobs, fresh.stale_jobs, fresh.cpu_hours, fresh.cost_usd) == (1, 0, 672, pytest.approx(67.2))
    stale = reports_of(world, STARTED + WEEK + timedelta(seconds=1)).summary(Selection())
    assert (stale.running.jobs, stale.running.stale_jobs, stale.running.cpu_hours) == (0, 1, None)
    assert stale.as_dict()["running"] == {"jobs": 0, "stale_jobs": 1, "cpu_hours": None, "cost_usd": None}
    assert stale.total_jobs == 1
    later = reports_of(world, STARTED + WEEK + timedelta(seconds=1)).dashboard(Selection())
    assert later.queues["running_jobs"].tolist() == [0]
    assert reports_of(world, STARTED + WEEK).dashboard(Selection()).queues["running_jobs"].tolist() == [1]


@pytest.mark.parametrize(
    "heard",
    [
        seen(100, "another", "job-1"),
        of_node(100),
        of_node(100, "node.registered"),
        of_node(100, instance_id="i-1"),
        read_event({**job("checkpoint.started", "00:00", 1), "time": "2026-03-05T04:00:00Z"}),
    ],
)
@pytest.mark.parametrize("comes_first", [True, False])
def test_whatever_tells_of_the_job_or_its_node_counts_as_hearing(
    build_world: Callable[..., World], heard: Entry, comes_first: bool
) -> None:
    world = build_world()
    entries = [heard, *map(read_event, [job("job.submitted", "00:00"), start("00:00", 1, node_id="n-1")])]
    for entry in entries if comes_first else entries[::-1]:
        world.take_items([entry])
    until = STARTED + timedelta(hours=100) + WEEK
    assert reports_of(world, until).summary(Selection()).running.stale_jobs == 0
    assert reports_of(world, until + timedelta(seconds=1)).summary(Selection()).running.stale_jobs == 1


def test_an_older_sighting_that_comes_late_takes_nothing_back_and_makes_no_job(world: World) -> None:
    for hours in (100, 50, 100):
        world.take_items([seen(hours, "job-1", "job-2")])
    assert world.rows("SELECT count(*), min(seen_at)::VARCHAR FROM sightings") == [(2, "2026-03-05 04:00:00")]
    assert world.rows("SELECT job_id FROM jobs") == [("job-1",)]


def test_the_job_says_since_when_it_was_not_heard_of(world: World) -> None:
    now = STARTED + timedelta(days=30)
    jobs = Jobs(world.database, world.journal, reports_of(world, now), lambda: now)
    detail = jobs.detail("job-1")
    assert (detail.stale, detail.heard_at, detail.running) == (True, STARTED, {})
    world.take_items([seen(24 * 29, "job-1")])
    again = jobs.detail("job-1")
    assert (again.stale, again.heard_at) == (False, STARTED + timedelta(days=29))
    assert again.running["running_cpu_hours"].value == 30 * 24 * 4


def test_a_job_that_has_ended_is_never_stale(world: World) -> None:
    world.take([job("job.succeeded", "01:00", 1)])
    now = STARTED + timedelta(days=30)
    assert reports_of(world, now).summary(Selection()).running.stale_jobs == 0
    detail = Jobs(world.database, world.journal, reports_of(world, now), lambda: now).detail("job-1")
    assert (detail.stale, detail.heard_at) == (False, None)
    assert detail.job["completed_at"] == datetime.fromisoformat(at("01:00"))
