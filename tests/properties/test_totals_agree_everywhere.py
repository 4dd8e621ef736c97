"""For any filter: headline = Σ queue rows = Σ time buckets = Σ job rows, in any zone (metrics.md section 4)."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.selection import UNKNOWN, Selection
from mmbatch_dash.services.reports import Dashboard, Reports
from mmbatch_dash.store.aggregates import COUNTED
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.queries.where import select_jobs
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.reference.hard_worlds import END_AT, build_hard_world
from tests.store.world import NOW, World

ZONES = ("UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Chatham")
COUNTS = ("jobs", *COUNTED)
DIMENSIONS = ("queue", "user", "instance_type", "purchase_option", "day", "tag:team")


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
some = lambda *values: st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)  # noqa: E731
selections = st.builds(
    Selection,
    from_at=st.none() | moments,
    to_at=st.none() | moments,
    basis=st.sampled_from(["submitted", "completed"]),
    queue=some("align", "qc", "gpu-fold", UNKNOWN),
    status=some("SUCCEEDED", "FAILED", "RUNNING"),
    purchase_option=some("spot", "on-demand", UNKNOWN),
    q=st.sampled_from(["", "a", "qc"]),
    tz=st.sampled_from(ZONES),
)


def same(left: Any, right: Any) -> bool:
    missing = [pd.isna(value) for value in (left, right)]
    return all(missing) if any(missing) else math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-6)


def job_sums(world: World, selection: Selection) -> "pd.Series[Any]":
    condition = select_jobs(selection)
    with world.database.cursor() as cursor:
        jobs = cursor.execute(f"SELECT * FROM jobs WHERE {condition.sql}", condition.parameters).df()  # noqa: S608
    return pd.concat([pd.Series({"jobs": len(jobs)}), jobs[[*COUNTED, *TOTALLED]].sum(min_count=1)])


def check(dashboard: Dashboard, jobs: "pd.Series[Any]") -> None:
    for frame in (dashboard.queues, dashboard.buckets, dashboard.queue_buckets):
        for name in COUNTS:
            assert frame[name].sum() == (jobs[name] if jobs[name] == jobs[name] else 0), name
        for name in TOTALLED:
            assert same(frame[name].sum(min_count=1), jobs[name]), name
    summary = dashboard.summary
    totals = {**summary.figures, **summary.engineering}
    assert summary.total_jobs == jobs["jobs"]
    for name in TOTALLED:
        if totals[name].value is None:
            assert pd.isna(jobs[name]) or totals[name].coverage == 0, name
        else:
            assert same(totals[name].value, 0.0 if jobs["jobs"] == 0 else jobs[name]), name


@settings(max_examples=60)
@given(selection=selections)
def test_the_same_jobs_add_up_to_the_same_figures_however_they_are_cut(
    seen: tuple[World, Reports], selection: Selection
) -> None:
    world, reports = seen
    check(reports.dashboard(selection), job_sums(world, selection))


@settings(max_examples=20)
@given(selection=selections, by=st.sampled_from(DIMENSIONS))
def test_groups_of_any_dimension_add_up_to_the_summary(
    seen: tuple[World, Reports], selection: Selection, by: str
) -> None:
    _, reports = seen
    summary, groups = reports.summary(selection), reports.groups(selection, by)
    assert sum(blocks.total_jobs for _, blocks in groups) == summary.total_jobs
    for name, total in summary.figures.items():
        known = [blocks.figures[name].value for _, blocks in groups if blocks.figures[name].value is not None]
        assert same(total.value or 0.0, math.fsum(known)), name


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
