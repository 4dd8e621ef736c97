"""Jobs whose time to be kept is over: out of every list, still in the totals, in reach of what comes late."""

import json
import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pandas as pd
import pytest
from plotly.utils import PlotlyJSONEncoder

from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.config.alert_rules import read_rules
from mmbatch_dash.domain.config.alerts import Alerts
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.groupings import QUEUE, parse_grouping
from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.domain.series import SYSTEM
from mmbatch_dash.pages.alerts.panels import build_rules
from mmbatch_dash.pages.dashboard.sentence import describe_summary
from mmbatch_dash.pages.left_out import describe_cut, describe_left_out
from mmbatch_dash.services.published import Published
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.queries.activity import fetch_reclaims
from mmbatch_dash.store.queries.durations import fetch_durations
from mmbatch_dash.store.queries.exports import Form
from mmbatch_dash.store.queries.focus import focus_export
from mmbatch_dash.store.queries.incurred import fetch_incurred
from mmbatch_dash.store.queries.jobs import count_jobs
from mmbatch_dash.store.queries.nodes import NodePatience
from mmbatch_dash.store.queries.prices import fetch_missing_prices, fetch_rate_hours
from mmbatch_dash.store.queries.totals import fetch_buckets, fetch_totals
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.hard_worlds import END_AT, build_hard_world
from tests.store.test_rollup import OTHER, rolled_and_grouped, slices
from tests.store.world import NOW, World

BEFORE = END_AT - timedelta(hours=12)
ALL = Selection()
RAGGED = Selection(from_at=END_AT - timedelta(hours=30, minutes=7), to_at=END_AT - timedelta(hours=2, minutes=50))
ANSWERED = (ALL, RAGGED, RAGGED.model_copy(update={"basis": Basis.COMPLETED, "tz": "Asia/Kolkata"}))
"""Selections by nothing but what is kept of removed jobs."""


def events_of(seed: int, jobs: int) -> list[Any]:
    return acceptable(build_hard_world(seed, jobs=jobs))


def told(world: World, events: list[Any]) -> World:
    for batch in slices(events, 1_000):
        world.take(batch)
    return world


def reports_of(world: World) -> Reports:
    return Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW)


def remove(world: World, before: datetime | None) -> None:
    world.fold.set_removal(before)
    world.fold.fold_all()


def totals(world: World, selection: Selection, **cut: Any) -> pd.DataFrame:
    with world.database.snapshot() as cursor:
        found = fetch_totals(cursor, selection, **cut)
    return found.sort_values("key", ignore_index=True) if "key" in found else found


def listed(world: World, selection: Selection) -> int:
    with world.database.cursor() as cursor:
        return count_jobs(cursor, selection)


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """The same events twice: all kept, and some removed."""
    worlds = [
        told(World(tmp_path_factory.mktemp(name), simulated=True, retire_at=10), events_of(3, 60))
        for name in ("whole", "aged")
    ]
    remove(worlds[1], BEFORE)
    yield worlds[0], worlds[1]
    for world in worlds:
        world.close()


def test_they_leave_every_list_and_their_checkpoints_and_restores_go(aged: tuple[World, World]) -> None:
    whole, world = aged
    ended = f"status IN ('SUCCEEDED', 'FAILED') AND completed_at < '{BEFORE:%Y-%m-%d %H:%M:%S}'"
    [(old,)] = whole.rows(f"SELECT count(*) FROM jobs WHERE {ended}")  # noqa: S608 - written here
    assert old > 20
    assert world.rows(f"SELECT count(*) FROM jobs WHERE {ended}") == [(0,)]  # noqa: S608
    assert world.rows("SELECT count(*) FROM jobs_removed") == [(old,)]
    assert listed(world, ALL) + old - parents(world) == listed(whole, ALL)
    for table in ("attempts", "checkpoints", "restores", "facts"):
        assert world.rows(f"SELECT count(*) FROM {table} SEMI JOIN jobs_removed USING (job_key)") == [(0,)]  # noqa: S608


def parents(world: World) -> int:
    return int(world.rows("SELECT count(*) FROM jobs_removed WHERE is_parent")[0][0])


@pytest.mark.parametrize("selection", ANSWERED, ids=["all", "ragged", "kolkata"])
def test_totals_are_what_they_were_before(aged: tuple[World, World], selection: Selection) -> None:
    whole, world = aged
    for cut in ({}, {"by": QUEUE}, {"by": parse_grouping("purchase_option")}):
        pd.testing.assert_frame_equal(totals(world, selection, **cut), totals(whole, selection, **cut))
    assert totals(world, selection)["jobs"].iloc[0] > listed(world, selection)


@pytest.mark.parametrize("selection", ANSWERED, ids=["all", "ragged", "kolkata"])
@pytest.mark.parametrize("by", ["queue", "day", "user", "instance_type", "tag:team"])
def test_groups_and_what_is_not_kept_by_group_add_up_to_the_headline(
    aged: tuple[World, World], selection: Selection, by: str
) -> None:
    reports = reports_of(aged[1])
    summary, groups = reports.summary(selection), reports.groups(selection, parse_grouping(by))
    parts = [blocks for _, blocks in groups] + ([groups.removed] if groups.removed else [])
    assert (groups.removed is not None) == (by in ("user", "instance_type", "tag:team"))
    assert sum(blocks.total_jobs for blocks in parts) == summary.total_jobs
    assert summary.total_jobs == listed(aged[1], selection) + summary.removed.jobs
    for name in TOTALLED:
        values = [(blocks.figures | blocks.engineering)[name].value for blocks in parts]
        known = math.fsum(value for value in values if value is not None)
        assert math.isclose((summary.figures | summary.engineering)[name].value or 0.0, known, abs_tol=1e-6), name


@pytest.mark.parametrize("selection", ANSWERED, ids=["all", "ragged", "kolkata"])
def test_what_was_incurred_and_the_rows_of_focus_still_add_up_to_the_headline(
    aged: tuple[World, World], selection: Selection
) -> None:
    cost = reports_of(aged[1]).summary(selection).figures["cost_usd"].value
    rows = focus_export(selection, Form.PARQUET)
    with aged[1].database.cursor() as cursor:
        [(focus,)] = cursor.execute(f"SELECT sum(EffectiveCost) FROM ({rows.sql})", rows.parameters).fetchall()  # noqa: S608
        _, incurred = fetch_incurred(cursor, selection)
    assert focus == pytest.approx(cost)
    assert incurred["cost_usd"].sum() == pytest.approx(cost)


@pytest.mark.parametrize("selection", ANSWERED, ids=["all", "ragged", "kolkata"])
def test_reclaims_durations_and_prices_are_those_of_all_jobs_in_the_totals(
    aged: tuple[World, World], selection: Selection
) -> None:
    def ask(world: World) -> list[pd.DataFrame]:
        with world.database.snapshot() as cursor:
            return [
                fetch_reclaims(cursor, selection, fetch_buckets(cursor, selection)),
                fetch_durations(cursor, selection),
                fetch_rate_hours(cursor, selection),
                fetch_missing_prices(cursor, selection),
            ]

    for whole, left in zip(*map(ask, aged), strict=True):
        assert len(whole)
        pd.testing.assert_frame_equal(left, whole)


def test_series_hold_them_but_for_checkpoints_and_restores_and_say_so(aged: tuple[World, World]) -> None:
    def values(world: World, definition: str) -> dict[str, Any]:
        published = Published(world.database, lambda: NodePatience(60, 300), clock=lambda: END_AT)
        return published.values(definition, SYSTEM, level="30m0s", start=None, end=None)

    for definition in ("metricDef-runtime", "metricDef-spotProtection"):
        whole, left = (values(world, definition) for world in aged)
        assert [point["time"] for point in left["points"]] == [point["time"] for point in whole["points"]]
        sums = [point["value"] for point in whole["points"]]
        assert [point["value"] for point in left["points"]] == pytest.approx(sums)
        assert left["metaData"] == {}
    whole, left = (values(world, "metricDef-checkpointTime") for world in aged)
    assert whole["metaData"] == {}
    assert left["metaData"] == {"leftOut": f"jobs that ended before {to_iso(BEFORE)} (retention.jobs)"}
    assert 0 < len(left["points"]) < len(whole["points"])


def test_insight_and_rules_say_whose_checkpoints_are_gone(aged: tuple[World, World]) -> None:
    removed = reports_of(aged[1]).removed(ALL)
    assert describe_left_out(removed) == (
        f"Left out: {removed.jobs} jobs kept only as totals, ended before {BEFORE:%Y-%m-%d} (retention.jobs), whose "
        "checkpoints and restores are gone."
    )
    assert describe_left_out(reports_of(aged[0]).removed(ALL)) == ""
    rules = read_rules(Alerts())[0]
    cut = f"Not of jobs that ended before {END_AT:%Y-%m-%d %H:%M} UTC (retention.jobs)."
    told = json.dumps(build_rules(rules, (), END_AT, END_AT).to_plotly_json(), cls=PlotlyJSONEncoder)
    assert cut in told
    assert cut not in json.dumps(build_rules(rules, (), END_AT).to_plotly_json(), cls=PlotlyJSONEncoder)
    assert describe_cut(BEFORE, BEFORE) == ""


def test_a_filter_by_what_is_not_kept_of_them_says_that_it_leaves_them_out(aged: tuple[World, World]) -> None:
    reports, selection = reports_of(aged[1]), Selection(user=("ana", "ben", "(none)"))
    summary = reports.summary(selection)
    assert summary.total_jobs == listed(aged[1], selection)
    assert (summary.removed.counted, summary.removed.before) == (False, BEFORE)
    assert summary.removed.jobs == reports.summary(ALL).removed.jobs > 0
    said = describe_summary(summary, "all time")
    assert said.endswith(
        f" Left out: up to {summary.removed.jobs} jobs kept only as totals, ended before {BEFORE:%Y-%m-%d}, of which "
        "what is filtered by is not kept."
    )
    # In the JSON, the rows and these add up to the figures.
    assert summary.as_dict()["removed"] == {"jobs": 0, "before": to_iso(BEFORE)}


def test_the_dashboard_says_in_words_what_of_the_headline_is_in_no_list(aged: tuple[World, World]) -> None:
    summary = reports_of(aged[1]).summary(ALL)
    said = describe_summary(summary, "all time")
    assert said.endswith(f". Of these, {summary.removed.jobs} jobs only as totals, ended before {BEFORE:%Y-%m-%d}.")
    assert "only as totals" not in describe_summary(reports_of(aged[0]).summary(ALL), "all time")


def test_what_comes_late_about_them_gives_what_it_gives_where_all_are_kept(build_world: Callable[..., World]) -> None:
    events = events_of(2, 20)
    late = Random(2).sample(events, 60)
    early = [event for event in events if event not in late]
    worlds = [told(build_world(simulated=True, retire_at=5), early) for _ in range(2)]
    remove(worlds[1], END_AT)
    assert worlds[1].rows("SELECT count(*) > 8 FROM jobs_removed") == [(True,)]
    for batch in slices(late, 20):
        for world in worlds:
            world.take(batch)
    for world in worlds:
        world.fold.set_pricing(OTHER)
        world.fold.fold_all()
    for table in ("jobs", "attempts"):
        sql = f"SELECT * FROM known_{table}"  # noqa: S608
        assert sorted(worlds[1].rows(sql), key=repr) == sorted(worlds[0].rows(sql), key=repr)
    for basis, column in (("submitted", "stands_at"), ("completed", "completed_at")):
        rolled, grouped = rolled_and_grouped(worlds[1], basis, column)
        assert rolled == grouped
    remove(worlds[1], None)
    assert worlds[1].rows("SELECT count(*) FROM jobs_removed") == [(0,)]
    assert worlds[1].tables() == worlds[0].tables()


def test_they_come_back_where_they_are_to_be_kept_longer_after_all(aged: tuple[World, World]) -> None:
    whole, world = aged
    some = listed(world, ALL)
    remove(world, END_AT)
    few = listed(world, ALL)
    remove(world, BEFORE)
    assert few < some == listed(world, ALL)
    remove(world, None)
    assert world.tables() == whole.tables()
    remove(world, BEFORE)
