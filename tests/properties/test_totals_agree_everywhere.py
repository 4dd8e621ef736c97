"""For any filter: headline = Σ queue rows = Σ time buckets = Σ job rows, in any zone (definitions, section 4)."""

import io
import math
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.column_filter import parse_column_filter
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.filters import UNKNOWN, Filter, Match
from mmbatch_dash.domain.groupings import GROUPINGS, Grouping, parse_grouping
from mmbatch_dash.domain.selection import FILTERS, VALUE_FILTERS, Selection
from mmbatch_dash.services.exports import Exports
from mmbatch_dash.services.reports import Dashboard, Reports
from mmbatch_dash.store.aggregates import COUNTED
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.queries.exports import Form
from mmbatch_dash.store.queries.nodes import NodePatience
from mmbatch_dash.store.queries.where import expression, select_jobs
from tests.effort import effort
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.hard_worlds import END_AT, build_hard_world
from tests.store.world import NOW, World

ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham")
COUNTS = ("jobs", *COUNTED)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Reports]]:
    # Most of what has ended lies in history, as on a server that has run for a while.
    world = World(tmp_path_factory.mktemp("totals"), simulated=True, retire_at=10)
    events = acceptable(build_hard_world(3, jobs=120))
    for start in range(0, len(events), 400):
        world.take(events[start : start + 400])
    assert world.rows("SELECT count(*) > 40 FROM jobs_done") == [(True,)]
    reports = Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW)
    yield world, reports
    world.close()


moments = st.integers(-40 * 60, 10 * 60).map(lambda minutes: END_AT + timedelta(minutes=minutes))
COLUMN_FILTERS = ("cost_usd>=0.05", "attempts>=2", "name~a", "vcpus<=4")


@st.composite
def drawn_selections(draw: st.DrawFn, world: World) -> Selection:
    """Selections by any of the filters that are declared, with values that some jobs have, lack, or never had."""
    query: dict[str, Any] = {
        "basis": draw(st.sampled_from(Basis)),
        "from_at": draw(st.none() | moments),
        "to_at": draw(st.none() | moments),
        "tz": draw(st.sampled_from(ZONES)),
    }
    for name in draw(st.lists(st.sampled_from(sorted(FILTERS)), max_size=2, unique=True)):
        query[name] = draw(values_of(world, FILTERS[name]))
    return Selection(**query)


def values_of(world: World, declared: Filter) -> st.SearchStrategy[Any]:
    if declared.match is Match.TEXT:
        return st.sampled_from(["a", "qc"])
    if declared.match is Match.COLUMNS:
        return st.sampled_from(COLUMN_FILTERS).map(lambda text: (parse_column_filter(text),))
    known = values_in_store(world, declared)
    return st.lists(st.sampled_from([*known, UNKNOWN, "never-seen"]), min_size=1, max_size=2, unique=True).map(tuple)


@lru_cache
def values_in_store(world: World, declared: Filter) -> tuple[str, ...]:
    if declared.match is Match.TAG:
        rows = world.rows(
            "SELECT DISTINCT unnest([tag.key, tag.key || ':' || tag.value, tag.key || ':(none)']) AS said "
            "FROM (SELECT unnest(map_entries(tags)) AS tag FROM jobs) ORDER BY said"
        )
    else:
        rows = world.rows(f"SELECT DISTINCT {expression(declared)} AS said FROM jobs ORDER BY said")  # noqa: S608
    found = tuple(said for (said,) in rows if said is not None)
    assert found, f"no job of the world tells {declared.label}: the test would say nothing of it"
    return found


def same(left: Any, right: Any) -> bool:
    missing = [pd.isna(value) for value in (left, right)]
    return all(missing) if any(missing) else math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-6)


def job_sums(world: World, selection: Selection) -> "pd.Series[Any]":
    condition = select_jobs(selection)
    with world.database.cursor() as cursor:
        jobs = cursor.execute(f"SELECT * FROM jobs WHERE {condition.sql}", condition.parameters).df()  # noqa: S608
    return pd.concat([pd.Series({"jobs": len(jobs)}), jobs[[*COUNTED, *TOTALLED]].sum(min_count=1)])


def csv_sums(world: World, selection: Selection) -> "pd.Series[Any]":
    export = Exports(world.database, lambda: NodePatience(30, 300), lambda: NOW).jobs(selection, Form.CSV)
    jobs = pd.read_csv(io.BytesIO(b"".join(export.chunks)))
    return pd.concat([pd.Series({"jobs": len(jobs)}), jobs[[*COUNTED, *TOTALLED]].sum(min_count=1)])


def check(dashboard: Dashboard, jobs: "pd.Series[Any]") -> None:
    summary = dashboard.summary
    totals = {**summary.figures, **summary.engineering}
    for frame in (dashboard.queues, dashboard.buckets, dashboard.queue_buckets):
        for name in COUNTS:
            assert frame[name].sum() == (jobs[name] if jobs[name] == jobs[name] else 0), name
        for name in TOTALLED:
            added = frame[name].sum(min_count=1)
            # Where it is unknown for all jobs it applies to, rows of other jobs alone say 0.
            is_unknown = totals[name].coverage == 0 and (pd.isna(added) or added == 0)
            assert is_unknown or same(added, jobs[name]), name
            unpriced = (frame[f"{name}_known"] == 0) & (frame[f"{name}_applicable"] > 0)
            assert frame.loc[unpriced, name].isna().all(), name
    assert summary.total_jobs == jobs["jobs"]
    for name in TOTALLED:
        if totals[name].value is None:
            assert pd.isna(jobs[name]) or totals[name].coverage == 0, name
        else:
            assert same(totals[name].value, 0.0 if jobs["jobs"] == 0 else jobs[name]), name


@settings(max_examples=effort(100, 20))
@given(data=st.data())
def test_the_same_jobs_add_up_to_the_same_figures_however_they_are_cut(
    seen: tuple[World, Reports], data: st.DataObject
) -> None:
    world, reports = seen
    selection = data.draw(drawn_selections(world))
    jobs, exported = job_sums(world, selection), csv_sums(world, selection)
    assert all(same(jobs[name], exported[name]) for name in jobs.index)
    check(reports.dashboard(selection), jobs)


@pytest.mark.parametrize("by", [parse_grouping(text.replace("KEY", "team")) for text in GROUPINGS], ids=str)
@settings(max_examples=effort(10, 4))
@given(data=st.data())
def test_groups_of_any_dimension_add_up_to_the_summary(
    seen: tuple[World, Reports], by: Grouping, data: st.DataObject
) -> None:
    world, reports = seen
    selection = data.draw(drawn_selections(world))
    summary, groups = reports.summary(selection), list(reports.groups(selection, by))
    assert sum(blocks.total_jobs for _, blocks in groups) == summary.total_jobs
    for name, total in summary.figures.items():
        known = [blocks.figures[name].value for _, blocks in groups if blocks.figures[name].value is not None]
        assert same(total.value or 0.0, math.fsum(known)), name


@pytest.mark.parametrize("name", VALUE_FILTERS)
def test_every_filter_chooses_by_what_it_shows_of_a_job_and_leaves_none_out_of_its_values(
    seen: tuple[World, Reports], name: str
) -> None:
    world, reports = seen
    declared = FILTERS[name]
    everything = reports.summary(Selection()).total_jobs
    values = (*values_in_store(world, declared), UNKNOWN)
    if declared.match is Match.TAG:
        values = ("team", f"team:{UNKNOWN}")
    counts = [reports.summary(Selection(**{name: (value,)})).total_jobs for value in values]
    assert sum(counts) == everything
    assert reports.summary(Selection(**{name: values})).total_jobs == everything
    assert reports.summary(Selection(**{name: ("never-seen",)})).total_jobs == 0


def test_saved_work_lies_within_the_run_time_of_earlier_attempts(seen: tuple[World, Reports]) -> None:
    world, _ = seen
    rows = world.rows(
        "SELECT j.job_id, j.saved_seconds, coalesce(sum(a.run_seconds) FILTER (a.attempt < j.attempts), 0) "
        "FROM jobs j JOIN attempts a USING (job_key) WHERE j.saved_seconds IS NOT NULL "
        "AND j.job_key NOT IN (SELECT job_key FROM attempts WHERE run_seconds IS NULL AND end_reason <> 'running') "
        "GROUP BY ALL"
    )
    assert len(rows) > 50
    assert [row for row in rows if not 0 <= row[1] <= row[2] + 1e-6] == []
