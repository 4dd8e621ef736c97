"""The days of history that insight and durations are read from: always what the jobs themselves would give."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.filters import UNKNOWN
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store import daily
from mmbatch_dash.store.fold import PricingSettings
from mmbatch_dash.store.queries import hours
from mmbatch_dash.store.queries.activity import fetch_reclaims
from mmbatch_dash.store.queries.durations import fetch_durations
from mmbatch_dash.store.queries.insight.engine import (
    fetch_engine_spreads,
    fetch_failed_restores,
    fetch_notices,
    fetch_sized_checkpoints,
    fetch_told_intervals,
)
from mmbatch_dash.store.queries.insight.exposure import fetch_lives, fetch_zone_days
from mmbatch_dash.store.queries.insight.placed import InsightBy, place_attempts
from mmbatch_dash.store.queries.insight.work import fetch_money, fetch_useful, fetch_works
from mmbatch_dash.store.queries.totals import fetch_buckets
from tests.effort import effort
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.hard_worlds import END_AT, build_hard_world
from tests.store.world import NOW, World

OTHER = PricingSettings(assumed_spot_discount=0.9, free_first_hour=False)
WEEK = timedelta(hours=168)


def contents(cursor: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each table in order, sums rounded."""
    found = {}
    for table, columns in daily.TABLES.items():
        chosen = ", ".join(f"round({name}, 6)" if kind == "DOUBLE" else name for name, kind in columns.items())
        found[table] = cursor.execute(f"SELECT {chosen} FROM {table} ORDER BY ALL").fetchall()  # noqa: S608
    return found


def equals_history(world: World) -> dict[str, int]:
    """How many rows each table has, which are those that rolling every day anew gives."""
    cursor = world.database.open_cursor()
    with world.database.write_lock:
        kept = contents(cursor)
        cursor.execute("BEGIN")
        daily.roll_every_day(cursor)
        assert kept == contents(cursor)
        cursor.execute("ROLLBACK")
    cursor.close()
    return {table: len(rows) for table, rows in kept.items()}


@pytest.mark.parametrize("seed", [0, 2][: effort(2, 1)])
def test_they_equal_history_after_every_batch_though_late_events_take_jobs_out_again(
    build_world: Callable[..., World], seed: int
) -> None:
    world = build_world(simulated=True, retire_at=0)
    events = acceptable(build_hard_world(seed, jobs=16))
    late = Random(seed).sample(events, 20)
    early = [event for event in events if event not in late]
    sizes, past = [], [set[Any]()]
    for batch in (early[:200], early[200:], late[:10], late[10:]):
        world.take(batch)
        sizes.append(equals_history(world))
        past.append(set(world.rows("SELECT job_key FROM jobs_done")))
    # Each table was filled, and jobs went out of history again.
    assert {table for size in sizes for table in size if size[table]} == set(daily.TABLES)
    assert any(before - after for before, after in pairwise(past))
    before = contents(cursor := world.database.open_cursor())
    world.fold.set_pricing(OTHER)
    world.fold.fold_all()
    equals_history(world)
    assert contents(cursor)["daily_money"] != before["daily_money"]
    world.fold.set_removal(END_AT + timedelta(days=9))
    world.fold.fold_all()
    assert set(equals_history(world).values()) == {0}
    world.fold.set_removal(None)
    world.fold.fold_all()
    equals_history(world)
    cursor.close()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("daily"), simulated=True, retire_at=10)
    # Three days, most of them in history; some options are known by a warning alone.
    for seed, days in ((3, 0), (5, 1), (6, 2)):
        events = acceptable(build_hard_world(seed, jobs=40, end_at=END_AT - timedelta(days=days)))
        if days == 2:
            for event in events:
                event["data"].pop("purchase_option", None)
        world.take([{**event, "id": f"{seed}-{event['id']}"} for event in events])
    assert world.rows("SELECT count(*) > 60 FROM jobs_done") == [(True,)]
    assert world.rows("SELECT count(DISTINCT day) > 2, count(*) > 10 FROM apart_attempts") == [(True, True)]
    yield world
    world.close()


def frames(world: World, selection: Selection, by: InsightBy) -> dict[str, pd.DataFrame]:
    """Everything that insight reads of a selection, and what the Dashboard reads of reclaims and durations."""
    with world.database.snapshot() as cursor:
        placed = place_attempts(cursor, selection, by, NOW, WEEK)
        return {
            "zone_days": fetch_zone_days(cursor),
            "lives": fetch_lives(cursor, placed),
            **fetch_engine_spreads(cursor, placed),
            "sized": fetch_sized_checkpoints(cursor, placed),
            "notices": fetch_notices(cursor),
            "told": fetch_told_intervals(cursor, placed),
            "failed": fetch_failed_restores(cursor),
            "money": fetch_money(cursor, placed),
            "works": fetch_works(cursor, placed),
            "useful": fetch_useful(cursor),
            "durations": fetch_durations(cursor, selection),
            "reclaims": fetch_reclaims(cursor, selection, fetch_buckets(cursor, selection)),
        }


moments = st.integers(-80 * 60, 10 * 60).map(lambda minutes: END_AT + timedelta(minutes=minutes))
selections = st.builds(
    Selection,
    from_at=st.none() | moments,
    to_at=st.none() | moments,
    tz=st.sampled_from(["UTC", "Asia/Kolkata"]),
    queue=st.sampled_from([(), ("align",), ("qc", UNKNOWN)]),
    status=st.sampled_from([(), ("FAILED", "RUNNING")]),
    purchase_option=st.sampled_from([(), ("spot",)]),
)


@settings(max_examples=effort(25, 8), deadline=None)
@given(selection=selections, by=st.sampled_from(InsightBy))
def test_any_selection_reads_the_same_with_days_of_history_and_job_by_job(
    seen: World, selection: Selection, by: InsightBy
) -> None:
    found = frames(seen, selection, by)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hours, "is_current", lambda cursor: False)
        expected = frames(seen, selection, by)
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame, check_dtype=False, rtol=1e-9, obj=name)


def test_what_history_holds_of_the_time_to_come_ends_now_as_elsewhere(seen: World) -> None:
    early = datetime(2026, 3, 1, 6, tzinfo=UTC)
    with seen.database.snapshot() as cursor:
        place_attempts(cursor, Selection(), InsightBy.QUEUE, early, WEEK)
        [(last, hours)] = cursor.execute("SELECT max(until_at), count(*) FROM placed").fetchall()
        assert last <= early.replace(tzinfo=None)
        assert hours
        assert not cursor.execute("SELECT 1 FROM day_stays").fetchall()
        total = fetch_zone_days(cursor)["exposure_hours"].sum()
    assert 0 < total < frames(seen, Selection(), InsightBy.QUEUE)["zone_days"]["exposure_hours"].sum()
    assert math.isfinite(total)
