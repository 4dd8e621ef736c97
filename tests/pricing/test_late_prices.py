"""Prices that come after the jobs: exactly what they cover changes, in chunks, and a restart finishes the work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.store.fold import Fold, PricingSettings
from mmbatch_dash.store.fold import pending as chunks
from tests.reference.worked_example import event, price
from tests.store.world import World

RATES = "SELECT job_id, attempt, usd_per_hour, rate_source, price_at, on_demand_usd_per_hour FROM attempts ORDER BY ALL"


@pytest.fixture
def world(tmp_path: Path) -> Any:
    made = World(tmp_path)
    yield made
    made.close()


def job(number: int, start: str, end: str, *, zone: str = "us-east-1a") -> list[dict[str, Any]]:
    job_id = f"job-{number}"
    placed = {"instance_type": "m5.2xlarge", "availability_zone": zone, "purchase_option": "spot"}
    return [
        event("job.started", start, job_id=job_id, attempt=1, instance_id=f"i-{number}", **placed),
        event("job.succeeded", end, job_id=job_id, attempt=1),
    ]


def changed(world: World, act: Callable[[], object]) -> set[str]:
    before = world.rows(RATES)
    act()
    return {row[0] for row in set(world.rows(RATES)) ^ set(before)}


def test_a_late_spot_price_changes_exactly_the_attempts_it_covers(world: World) -> None:
    world.take(
        [
            price("spot", "00:00", 0.30, "us-east-1a"),
            price("spot", "00:01", 0.30, "us-east-1b"),
            price("spot", "04:00", 0.30, "us-east-1a"),
            *job(1, "00:10", "01:00"),  # over before the late price
            *job(2, "01:30", "02:30"),  # across it
            *job(3, "03:00", "03:30"),  # after it, before the next known one
            *job(4, "04:00", "05:00"),  # under the next known price
            *job(5, "03:00", "03:30", zone="us-east-1b"),
        ]
    )
    late = [price("spot", "02:00", 0.60, "us-east-1a")]
    assert changed(world, lambda: world.take(late)) == {"job-2", "job-3"}
    costs = dict(world.rows("SELECT job_id, cost_usd FROM jobs"))
    assert costs == pytest.approx(
        {"job-1": 50 / 60 * 0.30, "job-2": 0.5 * 0.30 + 0.5 * 0.60, "job-3": 0.30, "job-4": 0.30, "job-5": 0.15}
    )
    assert changed(world, lambda: world.take([*late, *late])) == set()


def test_a_late_on_demand_price_gives_savings_to_attempts_that_start_under_it(world: World) -> None:
    world.take([price("spot", "00:00", 0.30, "us-east-1a"), *job(1, "00:10", "03:00"), *job(2, "02:00", "03:00")])
    assert changed(world, lambda: world.take([price("on-demand", "01:00", 1.00)])) == {"job-2"}
    savings = dict(world.rows("SELECT job_id, on_demand_savings_usd FROM jobs"))
    assert savings == {"job-1": None, "job-2": pytest.approx(0.70)}


def test_ingest_goes_on_while_many_jobs_wait_and_a_restart_finishes_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks.cost_chunk, "__defaults__", (7,))
    world.take([one for number in range(40) for one in job(number, "01:00", "02:00")])
    world.intake.take(_read([price("spot", "00:00", 0.30, "us-east-1a")]))
    assert world.fold.fold_batch()
    assert world.fold.pending() == 40
    assert world.fold.catch_up()
    assert world.fold.pending() == 33
    world.intake.take(_read(job(99, "01:00", "02:00")))
    assert world.fold.fold_batch()
    assert world.rows("SELECT count(*) FROM jobs WHERE cost_usd IS NOT NULL") == [(8,)]
    world.fold.close()
    world.fold = Fold(world.database, world.journal)
    world.fold.fold_all()
    assert world.fold.pending() == 0
    assert world.rows("SELECT count(*), sum(cost_usd) FROM jobs") == [(41, pytest.approx(41 * 0.30))]


def test_other_settings_at_the_next_start_cost_again_what_they_concern(world: World) -> None:
    world.take([price("on-demand", "00:00", 1.00), *job(1, "00:10", "01:10")])
    assert world.rows("SELECT cost_usd FROM jobs") == [(None,)]
    world.fold.close()
    world.fold = Fold(world.database, world.journal, PricingSettings(assumed_spot_discount=0.7))
    assert world.fold.pending() == 1
    world.fold.fold_all()
    assert world.rows("SELECT cost_usd, assumed_hours FROM jobs") == [(pytest.approx(0.30), 1.0)]


def test_a_shared_instance_is_marked_under_instance_and_charged_by_share_under_share(world: World) -> None:
    node = event("node.registered", "00:00", node_id="n", instance_id="i-1", vcpus=8, memory_mib=32768)
    asked = [event("job.submitted", "00:00", job_id=name, vcpus=vcpus) for name, vcpus in (("job-1", 2), ("other", 8))]
    other = [
        event(
            "job.started",
            "00:30",
            job_id="other",
            attempt=1,
            instance_id="i-1",
            usd_per_hour=0.8,
            purchase_option="spot",
        ),
        event("job.succeeded", "01:30", job_id="other", attempt=1),
    ]
    world.take([price("spot", "00:00", 0.80, "us-east-1a"), node, *asked, *job(1, "00:00", "01:00"), *other])
    marked = "SELECT job_id, cost_usd, list_contains(flags, 'instance_shared') FROM jobs ORDER BY ALL"
    assert world.rows(marked) == [("job-1", pytest.approx(0.80), True), ("other", pytest.approx(0.80), True)]
    world.fold.set_pricing(PricingSettings(attribution="share"))
    world.fold.fold_all()
    # job-1 asks for a quarter and other for all: for half an hour they share 1.25 of it
    first, second = 0.80 * (0.5 * 0.25 + 0.5 * 0.25 / 1.25), 0.80 * (0.5 * 1 / 1.25 + 0.5 * 1)
    assert world.rows(marked) == [("job-1", pytest.approx(first), False), ("other", pytest.approx(second), False)]
    # together they pay for no more than the hour and a half of the instance
    assert first + second <= 0.80 * 1.5


def _read(events: list[dict[str, Any]]) -> Any:
    from mmbatch_dash.adapters.cloudevents import read_batch

    return read_batch(events)
