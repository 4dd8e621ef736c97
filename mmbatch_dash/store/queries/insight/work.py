"""What the selected jobs did and cost, and how long each worked."""

import duckdb
import pandas as pd

from mmbatch_dash.domain.filters import UNKNOWN
from mmbatch_dash.store.daily import BIN, COST, ENDED_ON_SPOT, IS_USEFUL, MONEY, USEFUL, WORK
from mmbatch_dash.store.queries.insight.placed import Placed

_ADDED = {"on_demand_hours": "coalesce(sum({0}), 0)", "first_at": "min({0})", "last_at": "max({0})"}
_COUNTED = ("jobs", "checkpointed_jobs")
_OF_DAYS = f"coalesce(queue, '{UNKNOWN}') AS key"


def fetch_money(cursor: duckdb.DuckDBPyConnection, placed: Placed) -> pd.DataFrame:
    """Cost and hours of the ended jobs that ran on spot last.

    Returns:
        Columns key, jobs, cost_usd, instance_hours, on_demand_usd (the same hours at the on-demand rate; NaN where no
        job's is known), on_demand_hours (the hours that is of), lost_usd, checkpointed_jobs, first_at, last_at (when
        they stand). In order.
    """
    added = ", ".join(
        _ADDED.get(name, "sum({0})").format(name) + ("::BIGINT" if name in _COUNTED else "") + f" AS {name}"
        for name in MONEY
    )
    sql = f"""
        SELECT key, {added} FROM (
            SELECT key, {", ".join(f"{sql} AS {name}" for name, sql in MONEY.items())}
            FROM {placed.jobs} WHERE {ENDED_ON_SPOT} GROUP BY key
            UNION ALL
            SELECT {_OF_DAYS}, {", ".join(MONEY)} FROM daily_money WHERE {placed.rolled_jobs.sql})
        GROUP BY key ORDER BY key"""
    return cursor.execute(sql, placed.rolled_jobs.parameters).df()


def fetch_works(cursor: duckdb.DuckDBPyConnection, placed: Placed) -> pd.DataFrame:
    """How much the same jobs worked, without what was lost or spent on checkpoints and restores.

    Returns:
        Columns key, is_checkpointed (whether the engine took or tried a checkpoint), work (mean seconds of the jobs in
        a bin of two percent), jobs. In order.
    """
    sql = f"""
        SELECT key, is_checkpointed, sum(total) / sum(jobs) AS work, sum(jobs)::BIGINT AS jobs FROM (
            SELECT key, checkpoints_succeeded + checkpoints_failed > 0 AS is_checkpointed,
                   {BIN.format(value=WORK)} AS bin, count(*) AS jobs, sum({WORK}) AS total
            FROM {placed.jobs} WHERE {ENDED_ON_SPOT} AND {WORK} > 0 GROUP BY ALL
            UNION ALL
            SELECT {_OF_DAYS}, kind = 'work', bin, sum(amount), sum(total) FROM daily_bins
            WHERE kind IN ('work', 'bare_work') AND {placed.rolled_jobs.sql} GROUP BY ALL)
        GROUP BY key, is_checkpointed, bin ORDER BY key, is_checkpointed, work"""
    return cursor.execute(sql, placed.rolled_jobs.parameters).df()


def fetch_useful(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Cost and useful vCPU-hours of the ended placed attempts whose rate is known, by group, zone and day (UTC).

    Returns:
        Columns key, zone, day, cost_usd, useful_vcpu_hours. In order.
    """
    sql = f"""
        SELECT key, zone, day, sum(cost_usd) AS cost_usd, sum(useful_vcpu_hours) AS useful_vcpu_hours FROM (
            SELECT key, zone, started_at::DATE AS day, {COST} AS cost_usd, {USEFUL} AS useful_vcpu_hours
            FROM placed WHERE NOT is_open AND {IS_USEFUL}
            UNION ALL
            SELECT key, zone, used_on, cost_usd, useful_vcpu_hours FROM day_stays WHERE useful_attempts > 0)
        GROUP BY ALL ORDER BY ALL"""
    return cursor.execute(sql).df()
