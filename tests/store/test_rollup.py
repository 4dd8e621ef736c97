"""The rollup of history: always what grouping the jobs themselves would give, whatever moves in and out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store import rollup
from mmbatch_dash.store.aggregates import COUNTS, PARTS, select_of_jobs, select_of_parts
from mmbatch_dash.store.fold import Fold, PricingSettings
from mmbatch_dash.store.queries.hours import select_hours
from mmbatch_dash.store.queries.where import TIME_COLUMNS
from tests.effort import effort
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.hard_worlds import build_hard_world
from tests.store.world import World

OTHER = PricingSettings(assumed_spot_discount=0.9, free_first_hour=False)


def rolled_and_grouped(world: World, basis: str, column: str) -> tuple[list[tuple[object, ...]], ...]:
    """Hours of the rollup with their parts, and the same made of the jobs in history."""
    hour = f"date_trunc('hour', {column}) AS hour"
    sources = (
        f"SELECT hour, status, {select_of_parts()} FROM rollup WHERE basis = '{basis}' GROUP BY ALL",  # noqa: S608
        f"SELECT {hour}, status, {select_of_jobs()} FROM past_jobs WHERE NOT is_parent GROUP BY ALL",  # noqa: S608
    )
    rounded = ", ".join(name if name in COUNTS else f"round({name}, 6)" for name in PARTS)
    found = [world.rows(f"SELECT hour, status, {rounded} FROM ({source}) ORDER BY ALL") for source in sources]  # noqa: S608
    return found[0], found[1]


def slices(events: list[Any], size: int) -> list[list[Any]]:
    return [events[start : start + size] for start in range(0, len(events), size)]


def agrees(world: World) -> bool:
    for basis, column in TIME_COLUMNS.items():
        rolled, grouped = rolled_and_grouped(world, basis, column)
        assert rolled == grouped
    with world.database.snapshot() as cursor:
        return rollup.is_current(cursor)


@pytest.mark.parametrize("seed", [0, 2][: effort(2, 1)])
def test_it_equals_history_after_every_batch_though_late_events_take_jobs_out_again(
    build_world: Callable[..., World], seed: int
) -> None:
    world = build_world(simulated=True, retire_at=5)
    events = acceptable(build_hard_world(seed, jobs=24))
    late = Random(seed).sample(events, 50)
    sizes = []
    for batch in slices([*(event for event in events if event not in late), *late], 50):
        world.take(batch)
        assert agrees(world)
        sizes += world.rows("SELECT count(*) FROM jobs_done")[0]
    assert max(sizes) > 5
    assert sizes != sorted(sizes)


def test_other_pricing_settings_reach_it(build_world: Callable[..., World]) -> None:
    world = build_world(simulated=True, retire_at=0)
    events = acceptable(build_hard_world(2, jobs=14))
    for batch in slices(events, 50):
        world.take(batch)
    paid = "SELECT sum(cost_usd) FROM rollup WHERE basis = 'submitted'"
    before = world.rows(paid)
    world.fold.set_pricing(OTHER)
    world.fold.fold_all()
    assert agrees(world)
    assert world.rows(paid) != before


def test_while_many_hours_are_stale_and_jobs_wait_nobody_uses_it_and_then_it_is_mended(
    build_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "DEFER_OVER", 0)
    world = build_world(simulated=True, retire_at=0)
    events = acceptable(build_hard_world(2, jobs=30))
    for batch in slices(events, 50):
        world.take(batch)
    monkeypatch.setattr("mmbatch_dash.store.fold.pending.cost_chunk.__defaults__", (5,))
    world.fold.set_pricing(OTHER)
    usable = []
    while world.fold.catch_up():
        with world.database.snapshot() as cursor:
            usable.append(rollup.is_current(cursor))
    assert not all(usable)
    assert agrees(world)


def test_a_store_without_one_gets_it_when_it_is_opened(build_world: Callable[..., World]) -> None:
    world = build_world(simulated=True, retire_at=5)
    events = acceptable(build_hard_world(1, jobs=14))
    for batch in slices(events, 50):
        world.take(batch)
    world.fold.close()
    cursor = world.database.open_cursor()
    cursor.execute("DELETE FROM rollup")
    cursor.execute("DELETE FROM meta WHERE name = 'rollup'")
    assert not rollup.is_current(cursor)
    cursor.close()
    world.fold = Fold(world.database, world.journal)
    assert agrees(world)
    assert world.rows("SELECT count(*) > 0 FROM rollup") == [(True,)]


def test_a_range_is_whole_hours_and_ragged_ends() -> None:
    first = datetime(2026, 3, 1, 9, 20, tzinfo=UTC)
    hours = select_hours(Selection(from_at=first, to_at=first + timedelta(hours=3), queue=("qc",)))
    assert hours is not None
    assert hours.condition.sql == "basis = ? AND hour >= ? AND hour < ? AND (queue IN (?))"
    assert hours.condition.parameters == ["submitted", datetime(2026, 3, 1, 10), datetime(2026, 3, 1, 12), "qc"]  # noqa: DTZ001 - as stored
    assert [(end.from_at, end.to_at) for end in hours.ends] == [
        (first, first.replace(hour=10, minute=0)),
        (first.replace(hour=12, minute=0), first.replace(hour=12)),
    ]


@pytest.mark.parametrize(
    "selection",
    [
        Selection(user=("ana",)),
        Selection(instance_type=("m5.large",)),
        Selection(tag=("team",)),
        Selection(q="x"),
        Selection(
            from_at=datetime(2026, 3, 1, 9, 20, tzinfo=UTC),
            to_at=datetime(2026, 3, 1, 10, 10, tzinfo=UTC),
        ),
    ],
)
def test_what_the_rollup_cannot_tell_apart_is_asked_of_the_jobs(selection: Selection) -> None:
    assert select_hours(selection) is None
