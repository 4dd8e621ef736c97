"""What happened to the attempts of the selected jobs: reclaims by hour, what runs now."""

from datetime import datetime, timedelta

import duckdb
import pandas as pd

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.buckets import local_time
from mmbatch_dash.store.queries.heard import stale_jobs
from mmbatch_dash.store.queries.hours import find_days, select_rest
from mmbatch_dash.store.queries.totals import Buckets, select_removed
from mmbatch_dash.store.queries.where import select_attempts, select_jobs, to_stored

_WAS_RECLAIMED = "protections_succeeded + protections_failed + protections_pending + protections_unprotected > 0"
_RECLAIM = "ended_at, instance_type, availability_zone"


def fetch_reclaims(cursor: duckdb.DuckDBPyConnection, selection: Selection, buckets: Buckets) -> pd.DataFrame:
    """Reclaimed attempts of the selected jobs.

    Returns:
        Columns hour (0 to 23, wall clock of the selection's zone; NaN where the end is unknown),
        instance_type, availability_zone (None where unknown), reclaims. Sorted by the three.
    """
    parts, parameters = [], []
    if days := find_days(cursor, selection):
        # One by one in the days, so that only jobs in motion and the ragged ends have to be found by their job.
        parts.append(f"SELECT {_RECLAIM} FROM apart_attempts WHERE end_reason = 'reclaimed' AND {days.condition.sql}")
        parameters += days.condition.parameters
        for table, jobs in select_rest(selection, days):
            attempts = table.replace("jobs", "attempts")
            parts.append(
                f"SELECT {_RECLAIM} FROM {attempts} WHERE end_reason = 'reclaimed' "
                f"AND job_key IN (SELECT job_key FROM {table} WHERE {jobs.sql} AND {_WAS_RECLAIMED})"
            )
            parameters += jobs.parameters
    else:
        condition = select_attempts(selection, also=_WAS_RECLAIMED)
        parts.append(f"SELECT {_RECLAIM} FROM attempts WHERE end_reason = 'reclaimed' AND {condition.sql}")
        parameters += condition.parameters
    for table, jobs in select_removed(cursor, selection):
        parts.append(
            f"SELECT {_RECLAIM} FROM attempts_removed WHERE end_reason = 'reclaimed' "
            f"AND job_key IN (SELECT job_key FROM {table} WHERE {jobs.sql} AND {_WAS_RECLAIMED})"
        )
        parameters += jobs.parameters
    hour = f"hour({local_time('ended_at', selection.tz, buckets.first, buckets.last + timedelta(days=400))})"
    sql = f"""
        SELECT {hour} AS hour, instance_type, availability_zone, count(*) AS reclaims
        FROM ({" UNION ALL ".join(parts)})
        GROUP BY ALL ORDER BY ALL"""
    return cursor.execute(sql, parameters).df()


def fetch_running_jobs(cursor: duckdb.DuckDBPyConnection) -> dict[str | None, int]:
    """Queue → jobs whose status is RUNNING, those not heard of for long too; None for jobs without a queue."""
    sql = "SELECT queue, count(*) FROM jobs_live WHERE status = 'RUNNING' AND NOT is_parent GROUP BY queue"
    return dict(cursor.execute(sql).fetchall())


def fetch_stale(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, as_of: datetime, stale_after: timedelta
) -> dict[str | None, int]:
    """Queue → running jobs of the selection not heard of for longer than that; queues without any are left out."""
    condition, stale = select_jobs(selection), stale_jobs(as_of, stale_after)
    sql = f"""
        WITH {stale.sql}
        SELECT queue, count(*) FROM jobs_live SEMI JOIN stale USING (job_key) WHERE {condition.sql} GROUP BY queue"""
    return dict(cursor.execute(sql, [*stale.parameters, *condition.parameters]).fetchall())


def fetch_running(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, as_of: datetime, stale_after: timedelta
) -> pd.DataFrame:
    """Open work of the selected jobs up to `as_of`, one row; a job not heard of for longer than that is in none of it.

    Returns:
        Columns jobs, stale_jobs, vcpus, cpu_hours, cost_usd, cost_usd_per_hour (NaN where no job's is known),
        reclaims_last_hour (attempts EC2 took back in the hour before `as_of`).
    """
    condition, stale = select_jobs(selection), stale_jobs(as_of, stale_after)
    now = to_stored(as_of)
    since = "greatest(epoch_us(?::TIMESTAMP) - epoch_us({}), 0) / 3.6e9"
    sql = f"""
        WITH recent AS MATERIALIZED (
            SELECT job_key FROM attempts
            WHERE end_reason = 'reclaimed' AND ended_at BETWEEN ?::TIMESTAMP - INTERVAL 1 HOUR AND ?::TIMESTAMP),
        {stale.sql},
        running AS (SELECT * FROM jobs_live WHERE status = 'RUNNING' AND {condition.sql})
        SELECT count(*) AS jobs, (SELECT count(*) FROM running SEMI JOIN stale USING (job_key)) AS stale_jobs,
               sum(vcpus) AS vcpus,
               sum(vcpus * {since.format("started_at")}) AS cpu_hours,
               sum(open_usd_per_hour * {since.format("open_started_at")}) AS cost_usd,
               sum(open_usd_per_hour) AS cost_usd_per_hour,
               -- Not WHERE: that would be looked for in all jobs before the few of the last hour are joined.
               (SELECT count(*) FILTER ({condition.sql}) FROM recent JOIN jobs USING (job_key)) AS reclaims_last_hour
        FROM running ANTI JOIN stale USING (job_key)"""
    parameters = [now, now, *stale.parameters, *condition.parameters, now, now, *condition.parameters]
    return cursor.execute(sql, parameters).df()
