"""Quantiles found bin by bin are those of all values."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.durations import fetch_durations
from tests.effort import effort
from tests.store.world import World

durations = st.floats(0, 90) | st.sampled_from([0.0, 30.0, 30.1, 86_400.0, 1e12])
jobs = st.lists(
    st.tuples(st.sampled_from([None, "align", "qc"]), st.lists(durations, max_size=6), st.integers(0, 2)), max_size=12
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("durations"))
    yield world
    world.close()


def put(world: World, jobs: list[tuple[str | None, list[float], int]]) -> None:
    cursor = world.database.open_cursor()
    cursor.execute("DELETE FROM jobs_live")
    for key, (queue, seconds, failed) in enumerate(jobs):
        cursor.execute(
            "INSERT INTO jobs_live BY NAME SELECT ?::UBIGINT AS job_key, ? AS queue, false AS is_parent, "
            "?::INTEGER AS checkpoints_succeeded, ?::INTEGER AS checkpoints_failed, ?::DOUBLE[] AS checkpoint_seconds, "
            "0 AS restores_succeeded, 0 AS restores_failed",
            [key, queue, len(seconds), failed, sorted(seconds)],
        )
    cursor.close()


@settings(max_examples=effort(60, 15), deadline=None)
@given(jobs)
def test_median_and_95th_percentile_are_exact_for_every_queue_and_all_together(
    world: World, jobs: list[tuple[str | None, list[float], int]]
) -> None:
    put(world, jobs)
    with world.database.snapshot() as cursor:
        found = fetch_durations(cursor, Selection())
    told = [job for job in jobs if job[1] or job[2]]
    queues: list[Any] = sorted({queue for queue, _, _ in told if queue}) + [None] * any(not job[0] for job in told)
    scopes = [("all", None), *(("queue", queue) for queue in queues)] if told else []
    assert [(row.scope, row.queue if isinstance(row.queue, str) else None) for row in found.itertuples()] == scopes
    for row, (scope, queue) in zip(found.itertuples(), scopes, strict=True):
        mine = [job for job in told if scope == "all" or job[0] == queue]
        values = [value for _, seconds, _ in mine for value in seconds]
        assert (row.succeeded, row.failed) == (len(values), sum(failed for _, _, failed in mine))
        expected = np.quantile(values, [0.5, 0.95]) if values else [np.nan, np.nan]
        np.testing.assert_allclose([row.median_seconds, row.p95_seconds], expected, rtol=1e-9)
