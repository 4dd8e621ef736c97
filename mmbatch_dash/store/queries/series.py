"""Values over time of one kind of thing, by the time each happened: the metric series of the MMBatch API."""

from datetime import UTC, datetime
from typing import Any

import duckdb

from mmbatch_dash.store.queries.where import to_stored

_SOURCES = {
    "metricDef-jobSubmitted": "SELECT stands_at AS happened_at, 1.0 AS value, queue "
    "FROM known_jobs WHERE NOT is_parent",
    "metricDef-runtime": "SELECT completed_at AS happened_at, runtime_seconds AS value, queue "
    "FROM known_jobs WHERE NOT is_parent",
    "metricDef-timeSaved": "SELECT completed_at AS happened_at, saved_seconds AS value, queue "
    "FROM known_jobs WHERE NOT is_parent",
    "metricDef-spotProtection": "SELECT a.ended_at AS happened_at, 1.0 AS value, queue FROM known_attempts a "
    "JOIN known_jobs USING (job_key) WHERE a.end_reason = 'reclaimed' AND a.outcome = 'succeeded'",
    "metricDef-checkpointTime": "SELECT coalesce(c.finished_at, c.taken_at, c.started_at) AS happened_at, "
    "c.duration_seconds AS value, queue FROM checkpoints c JOIN jobs USING (job_key) WHERE c.outcome IS NOT NULL",
    "metricDef-restoreTime": "SELECT coalesce(r.finished_at, r.started_at) AS happened_at, "
    "r.duration_seconds AS value, "
    "queue FROM restores r JOIN jobs USING (job_key) WHERE r.outcome IS NOT NULL",
    # Of a volume that was attached before, nobody tells since when it was on its way.
    "metricDef-volumeAttachTime": "SELECT happened_at, epoch(happened_at - created_at) AS value, queue FROM ("
    "SELECT job_key, type, happened_at, lag(type) OVER steps AS before, lag(happened_at) OVER steps AS created_at "
    "FROM ("
    "SELECT DISTINCT job_key, volume_id, type, happened_at FROM facts "
    "WHERE type IN ('volume.created', 'volume.attached', 'volume.detached')) "
    "WINDOW steps AS (PARTITION BY job_key, volume_id ORDER BY happened_at, type DESC)) "
    "JOIN jobs USING (job_key) WHERE type = 'volume.attached' AND before = 'volume.created'",
}
"""Definition → what happened, when, and how much it adds."""

OF_LISTED_JOBS = ("metricDef-checkpointTime", "metricDef-restoreTime")
"""Definitions of what is not kept of jobs that `retention.jobs` removes from the lists."""


def fetch_series(
    cursor: duckdb.DuckDBPyConnection,
    definition: str,
    queue: str | None,
    *,
    seconds: int,
    from_at: datetime,
    to_at: datetime,
) -> list[tuple[datetime, float]]:
    """(start of the interval, sum) from `from_at` until before `to_at`, in order; intervals without any are left out.

    Intervals begin at whole multiples of their length in UTC.
    """
    parameters: list[Any] = [to_stored(from_at), to_stored(to_at)]
    chosen = ""
    if queue is not None:
        chosen, parameters = " AND queue = ?", [*parameters, queue]
    sql = f"""
        SELECT time_bucket(to_seconds({int(seconds)}), happened_at, TIMESTAMP '2000-01-01') AS bucket, sum(value)
        FROM ({_SOURCES[definition]}) WHERE value IS NOT NULL AND happened_at >= ? AND happened_at < ?{chosen}
        GROUP BY 1 HAVING sum(value) <> 0 ORDER BY 1"""
    return [(at.replace(tzinfo=UTC), float(value)) for at, value in cursor.execute(sql, parameters).fetchall()]


def fetch_queues(cursor: duckdb.DuckDBPyConnection, *, most: int) -> list[str]:
    """The queues with the most jobs, in order of their names."""
    sql = f"""
        SELECT queue FROM (SELECT queue, count(*) AS jobs FROM jobs WHERE queue IS NOT NULL GROUP BY queue
                           ORDER BY jobs DESC, queue LIMIT {int(most)}) ORDER BY queue"""
    return [str(queue) for (queue,) in cursor.execute(sql).fetchall()]
