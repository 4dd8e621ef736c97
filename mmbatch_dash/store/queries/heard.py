"""When a running job was last heard of: by anything said of it or its nodes, by a sync, by an imported file."""

from datetime import datetime, timedelta

import duckdb

from mmbatch_dash.store.queries.rows import fetch_rows
from mmbatch_dash.store.queries.where import Condition, to_stored

_HEARD = """
    silent AS MATERIALIZED (
        SELECT job_key, job_id, updated_at FROM jobs_live WHERE status = 'RUNNING' AND {condition}),
    heard AS (
        SELECT job_key, updated_at AS heard_at FROM silent
        UNION ALL
        SELECT job_key, seen_at FROM sightings SEMI JOIN silent USING (job_key)
        UNION ALL
        SELECT a.job_key, n.told_at FROM attempts_live a SEMI JOIN silent USING (job_key) JOIN nodes n USING (node_id)
        UNION ALL
        SELECT a.job_key, n.told_at FROM attempts_live a SEMI JOIN silent USING (job_key)
        JOIN nodes n ON n.instance_id = a.instance_id
        UNION ALL
        SELECT s.job_key, n.told_at
        FROM (SELECT unnest(job_ids) AS job_id, told_at FROM nodes) n JOIN silent s USING (job_id))"""


def stale_jobs(as_of: datetime, stale_after: timedelta) -> Condition:
    """Common table expressions up to `stale` (job_key, heard_at): running jobs not heard of for longer than that."""
    cutoff = to_stored(as_of - stale_after)
    sql = (
        _HEARD.format(condition="updated_at < ?::TIMESTAMP")
        + ", stale AS (SELECT job_key, max(heard_at) AS heard_at FROM heard GROUP BY job_key "
        "HAVING max(heard_at) < ?::TIMESTAMP)"
    )
    return Condition(sql, [cutoff, cutoff])


def fetch_heard_at(cursor: duckdb.DuckDBPyConnection, job_id: str) -> datetime | None:
    """When a running job was last heard of; None for a job that does not run."""
    sql = f"WITH {_HEARD.format(condition='job_key = id_key(?)')} SELECT max(heard_at) AS heard_at FROM heard"
    (row,) = fetch_rows(cursor, sql, [job_id])
    heard_at: datetime | None = row["heard_at"]
    return heard_at
