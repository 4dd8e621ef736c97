"""What the selected jobs did and cost, and how long each worked."""

import duckdb
import pandas as pd

_WORK = "instance_hours * 3600 - lost_seconds - overhead_seconds"
_ON_SPOT = (
    "purchase_option = 'spot' AND status IN ('SUCCEEDED', 'FAILED') AND instance_hours > 0 AND cost_usd IS NOT NULL"
)


def fetch_money(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Cost and hours of the ended jobs that ran on spot last.

    Returns:
        Columns key, jobs, cost_usd, instance_hours, on_demand_usd (the same hours at the on-demand rate; NaN where no
        job's is known), on_demand_hours (the hours that is of), lost_usd, checkpointed_jobs, first_at, last_at (when
        they stand). In order.
    """
    sql = f"""
        SELECT key, count(*) AS jobs, sum(cost_usd) AS cost_usd, sum(instance_hours) AS instance_hours,
               sum(cost_usd + on_demand_savings_usd) AS on_demand_usd,
               coalesce(sum(instance_hours) FILTER (on_demand_savings_usd IS NOT NULL), 0) AS on_demand_hours,
               coalesce(sum(lost_seconds / 3600 * cost_usd / instance_hours), 0) AS lost_usd,
               count(*) FILTER (checkpoints_succeeded > 0) AS checkpointed_jobs,
               min(stands_at) AS first_at, max(stands_at) AS last_at
        FROM chosen WHERE {_ON_SPOT} GROUP BY key ORDER BY key"""
    return cursor.execute(sql).df()


def fetch_works(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """How much the same jobs worked, without what was lost or spent on checkpoints and restores.

    Returns:
        Columns key, is_checkpointed (whether the engine took or tried a checkpoint), work (mean seconds of the jobs in
        a bin of two percent), jobs. In order.
    """
    sql = f"""
        SELECT key, is_checkpointed, avg(work) AS work, count(*) AS jobs
        FROM (SELECT key, checkpoints_succeeded + checkpoints_failed > 0 AS is_checkpointed, {_WORK} AS work
              FROM chosen WHERE {_ON_SPOT})
        WHERE work > 0 GROUP BY key, is_checkpointed, round(ln(work) * 50) ORDER BY key, is_checkpointed, work"""
    return cursor.execute(sql).df()


def fetch_useful(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Cost and useful vCPU-hours of the ended placed attempts whose rate is known, by group, zone and day (UTC).

    The overhead of a job is divided among its attempts in proportion to their time.

    Returns:
        Columns key, zone, day, cost_usd, useful_vcpu_hours. In order.
    """
    sql = """
        SELECT key, zone, started_at::DATE AS day, sum(run_seconds / 3600 * usd_per_hour) AS cost_usd,
               sum(vcpus / 3600 * (CASE WHEN is_lost THEN least(run_seconds, carried_seconds) ELSE run_seconds END
                   - overhead_seconds * run_seconds / (instance_hours * 3600))) AS useful_vcpu_hours
        FROM placed
        WHERE NOT is_open AND usd_per_hour IS NOT NULL AND vcpus IS NOT NULL AND carried_seconds IS NOT NULL
          AND overhead_seconds IS NOT NULL AND instance_hours > 0
        GROUP BY ALL ORDER BY ALL"""
    return cursor.execute(sql).df()
