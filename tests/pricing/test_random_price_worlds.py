"""Rates, shares and costs of the fold held against the reference on random price worlds, in any order and batching."""

import math
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mmbatch_dash.store.fold import PricingSettings
from tests.pricing.price_worlds import build_price_world
from tests.reference import PricingSettings as ReferenceSettings
from tests.reference import report_jobs, said_by_events
from tests.reference.figures import JobReport
from tests.store.world import World

SETTINGS: list[dict[str, Any]] = [
    {},
    {"attribution": "share"},
    {"assumed_spot_discount": 0.6, "free_first_hour": False},
    {"attribution": "share", "assumed_spot_discount": 0.6, "region": "eu-west-1"},
]
FIGURES = ("cost_usd", "on_demand_savings_usd", "saved_cost_usd", "on_demand_net_savings_usd", "instance_hours")


def same(got: Any, wanted: float | None) -> bool:
    got = None if got is None or (isinstance(got, float) and math.isnan(got)) else got
    if got is None or wanted is None:
        return got is wanted
    return math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-9)


def differences(world: World, reports: dict[str, JobReport]) -> Iterator[str]:
    for job_id, *figures in world.rows(f"SELECT job_id, {', '.join(FIGURES)} FROM jobs"):  # noqa: S608 - fixed names
        for name, got in zip(FIGURES, figures, strict=True):
            if not same(got, wanted := reports[job_id].figures[name]):
                yield f"{job_id} {name}: {got}, reference {wanted}"
    columns = "job_id, attempt, usd_per_hour, rate_source, on_demand_usd_per_hour"
    for job_id, attempt, paid, source, on_demand in world.rows(f"SELECT {columns} FROM attempts"):  # noqa: S608
        rate = reports[job_id].rates[attempt - 1]
        if not (same(paid, rate.paid) and same(on_demand, rate.on_demand) and source == rate.source):
            yield f"{job_id}/{attempt}: {(paid, source, on_demand)}, reference {rate}"


@pytest.mark.parametrize(("seed", "chosen"), [*product(range(3), range(len(SETTINGS)))])
def test_every_rate_and_cost_agrees_whatever_order_jobs_and_prices_come_in(
    tmp_path: Path, seed: int, chosen: int
) -> None:
    settings, rng = SETTINGS[chosen], Random(seed)
    about_jobs, prices = build_price_world(seed)
    reports = report_jobs(said_by_events([*about_jobs, *prices]), ReferenceSettings(**settings))
    mixed = [*about_jobs, *prices]
    rng.shuffle(mixed)
    orders = [[prices, about_jobs], [about_jobs, prices], [mixed[:30], mixed[30:90], mixed[90:]]]
    world = World(tmp_path, PricingSettings(**settings))
    for batch in orders[(seed + chosen) % len(orders)]:
        world.take(batch)
    found = list(differences(world, reports))
    world.close()
    assert found == []
    assert any(report.figures["cost_usd"] for report in reports.values())


@pytest.mark.parametrize("seed", [11, 12])
def test_changing_settings_ends_where_starting_with_them_ends(tmp_path: Path, seed: int) -> None:
    events = [event for part in build_price_world(seed) for event in part]
    world = World(tmp_path)
    world.take(events)
    for settings in [*SETTINGS[1:], {"purchase_options": {"q": "spot"}}, {"region": "us-west-2"}, {}]:
        world.fold.set_pricing(PricingSettings(**settings))
        assert world.fold.pending() > 0
        world.fold.fold_all()
        if "purchase_options" not in settings:
            reports = report_jobs(said_by_events(events), ReferenceSettings(**settings))
            assert list(differences(world, reports)) == [], settings
    world.close()


@pytest.mark.parametrize("seed", [20, 21, 23])
def test_shares_on_one_instance_never_add_up_to_more_than_the_instance(tmp_path: Path, seed: int) -> None:
    events = [event for part in build_price_world(seed, jobs=40, instances=3) for event in part]
    world = World(tmp_path, PricingSettings(attribution="share"))
    world.take(events)
    charged = world.rows("""
        SELECT instance_id, sum(share * run_seconds), date_diff('second', min(started_at), max(ended_at))
        FROM attempts WHERE ended_at IS NOT NULL AND share IS NOT NULL GROUP BY ALL""")
    world.close()
    assert charged
    for instance, share_seconds, span_seconds in charged:
        assert share_seconds <= span_seconds + 1e-6, instance
