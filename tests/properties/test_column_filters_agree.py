"""For any filters on columns: Dashboard, rows, count and files are over the same jobs, found here without SQL."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.column_filter import FILTERABLE, ColumnFilter, Measure, Sign
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.paging import Sort
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.queries.exports import Form, jobs_export
from mmbatch_dash.store.queries.jobs import count_jobs, fetch_job_block
from tests.effort import effort
from tests.properties.test_fold_agrees_with_the_reference import acceptable
from tests.properties.test_totals_agree_everywhere import same
from tests.reference.hard_worlds import build_hard_world
from tests.store.world import NOW, World

Seen = tuple[World, Reports, pd.DataFrame]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    world = World(tmp_path_factory.mktemp("columns"), simulated=True)
    world.take(acceptable(build_hard_world(11, jobs=80)))
    reports = Reports(world.database, FoldWorker(world.fold, world.journal), clock=lambda: NOW)
    with world.database.cursor() as cursor:
        jobs = cursor.execute("SELECT * FROM jobs WHERE NOT is_parent").df()
    yield world, reports, jobs
    world.close()


def column_filters() -> st.SearchStrategy[ColumnFilter]:
    texts = [name for name, (_, measure) in FILTERABLE.items() if measure is Measure.TEXT]
    numbers = [name for name in FILTERABLE if name not in texts]
    amount = st.sampled_from([0.0, 0.01, 0.1, 1.0, 2.0, 3.0, 8.0, 600.0, 3600.0, 16384.0])
    return st.builds(
        ColumnFilter, st.sampled_from(texts), st.just(Sign.CONTAINS), st.sampled_from(["a", "A", "5", "qc", "é", "%"])
    ) | st.builds(ColumnFilter, st.sampled_from(numbers), st.sampled_from([Sign.LEAST, Sign.MOST]), amount)


def fits(jobs: pd.DataFrame, one: ColumnFilter) -> "pd.Series[Any]":
    column = jobs[one.column]
    if isinstance(one.value, str):
        return column.map(lambda text: isinstance(text, str) and str(one.value).lower() in text.lower()).astype(bool)
    return column >= one.value if one.sign is Sign.LEAST else column <= one.value


@settings(max_examples=effort(20, 8))
@given(where=st.lists(column_filters(), max_size=3).map(tuple))
def test_everything_shown_is_over_the_jobs_that_fit(seen: Seen, where: tuple[ColumnFilter, ...]) -> None:
    world, reports, jobs = seen
    chosen = jobs
    for one in where:
        chosen = chosen[fits(chosen, one).fillna(False)]
    selection = Selection(where=where)
    dashboard = reports.dashboard(selection)
    assert dashboard.summary.total_jobs == len(chosen) == dashboard.queues["jobs"].sum()
    with world.database.cursor() as cursor:
        rows = fetch_job_block(cursor, selection, Sort("cost_usd"), offset=0, limit=1000, columns=["cost_usd"])
        assert count_jobs(cursor, selection) == len(chosen)
        export = jobs_export(selection, Form.PARQUET)
        names = ", ".join(["job_id", *TOTALLED])
        exported = cursor.execute(f"SELECT {names} FROM ({export.sql})", export.parameters).df()  # noqa: S608
    assert {row["job_id"] for row in rows} == set(chosen["job_id"]) == set(exported["job_id"])
    for name in TOTALLED:
        total = chosen[name].sum(min_count=1)
        for frame in (dashboard.buckets, dashboard.queue_buckets, exported):
            assert same(frame[name].sum(min_count=1), total), name
    incurred = reports.incurred(selection)
    assert incurred.buckets["cost_usd"].sum() == pytest.approx(chosen["cost_usd"].sum())


def test_the_filters_leave_some_and_take_some(seen: Seen) -> None:
    _, reports, jobs = seen
    dear = reports.summary(Selection(where=(ColumnFilter("attempts", Sign.LEAST, 2.0),)))
    assert 5 < dear.total_jobs < len(jobs) - 5
