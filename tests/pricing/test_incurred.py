"""Cost and hours by when they were incurred: cut at local midnights, and never another total."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mmbatch_dash.adapters.cloudevents import read_batch
from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services import Services, open_services
from mmbatch_dash.settings import build_settings
from tests.pricing.price_worlds import build_price_world
from tests.reference.worked_example import WORKED_EXAMPLE

Take = Callable[[list[dict[str, Any]]], Services]


@pytest.fixture
def take(tmp_path: Path) -> Iterator[Take]:
    services = open_services(build_settings(tmp_path, environ={}), start_folding=False)

    def fill(events: list[dict[str, Any]]) -> Services:
        services.intake.take(read_batch(events))
        services.fold.fold_all()
        services.worker.bump()
        return services

    yield fill
    services.close()


def one_attempt(start: datetime, end: datetime) -> list[dict[str, Any]]:
    base = {"specversion": "1.0", "source": "test"}
    placed = {"instance_id": "i-1", "purchase_option": "spot", "usd_per_hour": 2.0}
    return [
        {
            **base,
            "id": "1",
            "type": "mmbatch.job.submitted",
            "time": start.isoformat(),
            "data": {"job_id": "j", "vcpus": 4},
        },
        {
            **base,
            "id": "2",
            "type": "mmbatch.job.started",
            "time": start.isoformat(),
            "data": {"job_id": "j", "attempt": 1, **placed},
        },
        {
            **base,
            "id": "3",
            "type": "mmbatch.job.succeeded",
            "time": end.isoformat(),
            "data": {"job_id": "j", "attempt": 1},
        },
    ]


def test_an_attempt_over_midnight_is_shared_out_between_the_local_days(take: Take) -> None:
    start = datetime(2026, 3, 9, 21, 0, tzinfo=UTC)  # 22:00 in Berlin
    services = take(one_attempt(start, start + timedelta(hours=8)))
    days = services.reports.incurred(Selection(tz="Europe/Berlin"), unit=BucketUnit.DAY).buckets
    assert [at.isoformat() for at in days["bucket_start"]] == ["2026-03-09T00:00:00+01:00", "2026-03-10T00:00:00+01:00"]
    assert days["cost_usd"].tolist() == pytest.approx([2 * 2.0, 6 * 2.0])
    assert days["instance_hours"].tolist() == pytest.approx([2, 6])
    assert days["cpu_hours"].tolist() == pytest.approx([8, 24])


@pytest.mark.parametrize(
    ("start", "hours"),
    [(datetime(2026, 3, 28, 22, tzinfo=UTC), [1, 23, 24]), (datetime(2026, 10, 24, 21, tzinfo=UTC), [1, 25, 22])],
)
def test_a_day_with_a_change_of_clocks_has_its_own_number_of_hours(
    take: Take, start: datetime, hours: list[int]
) -> None:
    services = take(one_attempt(start, start + timedelta(hours=48)))
    days = services.reports.incurred(Selection(tz="Europe/Berlin"), unit=BucketUnit.DAY).buckets
    assert days["instance_hours"].tolist() == pytest.approx(hours)


@pytest.mark.parametrize("unit", list(BucketUnit))
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_the_totals_are_those_of_the_summary_in_every_unit_and_zone(take: Take, unit: BucketUnit, zone: str) -> None:
    services = take([event for part in build_price_world(7) for event in part])
    selection = Selection(tz=zone)
    incurred = services.reports.incurred(selection, unit=unit)
    figures = services.reports.summary(selection).as_dict()
    for name, block in (
        ("cost_usd", "figures"),
        ("on_demand_savings_usd", "figures"),
        ("cpu_hours", "figures"),
        ("instance_hours", "engineering"),
    ):
        total = figures[block][name]["value"]
        assert total
        assert incurred.buckets[name].sum() == pytest.approx(total, rel=1e-9)
        assert incurred.queue_buckets[name].sum() == pytest.approx(total, rel=1e-9)


def test_what_restores_saved_stands_where_the_latest_attempt_went_on(take: Take) -> None:
    services = take(WORKED_EXAMPLE)
    hours = services.reports.incurred(Selection(), unit=BucketUnit.HOUR).buckets
    assert [f"{at:%H:%M}" for at in hours["bucket_start"]] == ["00:00", "01:00", "02:00"]
    assert hours["saved_cost_usd"].tolist() == pytest.approx([0, 0, 95 / 60 * 0.40])
    assert hours["saved_cpu_hours"].tolist() == pytest.approx([0, 0, 8 * 95 / 60])
    assert hours["cost_usd"].tolist() == pytest.approx([0.40, 55 / 60 * 0.40, 45 / 60 * 0.40])
    assert services.reports.incurred(Selection()).bucket_unit is BucketUnit.HOUR


def test_the_unit_suits_how_far_the_work_reaches_not_which_range_chose_the_jobs(take: Take) -> None:
    start = datetime(2026, 3, 9, 21, 0, tzinfo=UTC)
    services = take(one_attempt(start, start + timedelta(days=20)))
    selection = Selection(from_at=start, to_at=start + timedelta(hours=1))
    assert services.reports.dashboard(selection).bucket_unit is BucketUnit.HOUR
    incurred = services.reports.incurred(selection)
    assert incurred.bucket_unit is BucketUnit.DAY
    assert len(incurred.buckets) == 21


def test_nothing_incurred_is_no_bucket(take: Take) -> None:
    assert take([]).reports.incurred(Selection()).buckets.empty
