"""What happened to the selected jobs in a stretch of time, and what stands still now: what alerts and budgets watch."""

from datetime import datetime
from typing import Any

import duckdb
import pandas as pd

from mmbatch_dash.domain.figures.declared import COST_OF_ATTEMPT
from mmbatch_dash.domain.groupings import Grouping
from mmbatch_dash.domain.selection import FILTERS, Selection
from mmbatch_dash.store.figure_sql import ENDED_ATTEMPT, of_attempt
from mmbatch_dash.store.queries.where import expression, select_jobs, to_stored

_COUNTS = {
    **{f"{kind}.{outcome}": f"kind = '{kind}' AND outcome = '{outcome}'"
       for kind in ("checkpoints", "restores") for outcome in ("succeeded", "failed")},
    **{f"protections.{outcome}": f"kind = 'reclaim' AND outcome = '{outcome}'"
       for outcome in ("succeeded", "failed", "pending", "unprotected")},
    "reclaims": "kind = 'reclaim'",
}  # fmt: skip


def fetch_happened(
    cursor: duckdb.DuckDBPyConnection,
    selection: Selection,
    from_at: datetime,
    to_at: datetime,
    by: Grouping | None = None,
) -> pd.DataFrame:
    """What happened to the selected jobs after `from_at` and up to `to_at`, whenever it was told.

    Returns:
        Columns key (None where a job lacks it; without grouping one row of None), checkpoints.*, restores.*,
        protections.* by outcome, reclaims, reclaims.unprotected_usd (0 where none was unprotected, NaN where no
        rate of them is known) and incurred.cost_usd, of ended attempts of known cost, cut at the edges of the
        stretch. No row order.
    """
    condition, edges = select_jobs(selection), [to_stored(from_at), to_stored(to_at)]
    key, needed = _key(by)
    counts = ", ".join(f'count(*) FILTER ({test}) AS "{name}"' for name, test in _COUNTS.items())
    within = "> ?::TIMESTAMP AND {0} <= ?::TIMESTAMP"
    at = "coalesce(finished_at, taken_at, started_at)"
    restored_at = "coalesce(finished_at, started_at)"
    ended_at = "started_at + to_microseconds((run_seconds * 1e6)::BIGINT)"
    cost = of_attempt(COST_OF_ATTEMPT)
    sql = f"""
        WITH chosen AS (SELECT job_key, {key} AS key, cost_usd FROM known_jobs WHERE {condition.sql}),
        parts AS (
            SELECT job_key, 'checkpoints' AS kind, outcome, NULL::DOUBLE AS usd FROM checkpoints
            WHERE outcome IS NOT NULL AND {at} {within.format(at)}
            UNION ALL
            SELECT job_key, 'restores', outcome, NULL FROM restores
            WHERE outcome IS NOT NULL AND {restored_at} {within.format(restored_at)}
            UNION ALL
            SELECT a.job_key, 'reclaim', outcome, {cost} FROM known_attempts a
            WHERE end_reason = 'reclaimed' AND a.ended_at {within.format("a.ended_at")}
            UNION ALL
            SELECT a.job_key, 'cost', NULL,
                   {cost} * (epoch_us(least({ended_at}, ?::TIMESTAMP)) - epoch_us(greatest(started_at, ?::TIMESTAMP)))
                   / greatest(run_seconds * 1e6, 1)
            FROM known_attempts a
            WHERE {ENDED_ATTEMPT} AND started_at < ?::TIMESTAMP AND {ended_at} > ?::TIMESTAMP
        )
        SELECT {_shown(by)} AS key, {counts},
               CASE WHEN count(*) FILTER (kind = 'reclaim' AND outcome = 'unprotected') = 0 THEN 0.0
                    ELSE sum(usd) FILTER (kind = 'reclaim' AND outcome = 'unprotected') END
                   AS "reclaims.unprotected_usd",
               coalesce(sum(usd) FILTER (kind = 'cost' AND cost_usd IS NOT NULL), 0.0) AS "incurred.cost_usd"
        FROM parts JOIN chosen USING (job_key) {"GROUP BY key" if by else ""}"""
    parameters = [*needed, *condition.parameters, *edges, *edges, *edges, *(edges[::-1]), *(edges[::-1])]
    return cursor.execute(sql, parameters).df()


def fetch_open_cost(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, from_at: datetime, as_of: datetime
) -> float:
    """What the attempts that are open have cost since `from_at`, where their rate is known, in USD."""
    condition = select_jobs(selection)
    sql = f"""
        SELECT coalesce(sum(open_usd_per_hour
                            * greatest(epoch_us(?::TIMESTAMP) - epoch_us(greatest(open_started_at, ?::TIMESTAMP)), 0)
                            / 3.6e9), 0.0)
        FROM jobs_live WHERE status = 'RUNNING' AND open_started_at IS NOT NULL AND {condition.sql}"""
    [(usd,)] = cursor.execute(sql, [to_stored(as_of), to_stored(from_at), *condition.parameters]).fetchall()
    return float(usd)


def fetch_waiting(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, as_of: datetime, by: Grouping | None = None
) -> pd.DataFrame:
    """The selected jobs in RUNNABLE.

    A job waits since its latest attempt ended, else since it was submitted.

    Returns:
        Columns key (as `fetch_happened`), running.runnable_jobs, running.runnable_seconds (of the one that waits
        longest; NaN where nobody told since when). No row order.
    """
    condition = select_jobs(selection)
    key, needed = _key(by)
    sql = f"""
        WITH waiting AS (
            SELECT job_key, {key} AS key, submitted_at FROM jobs_live WHERE status = 'RUNNABLE' AND {condition.sql}),
        ended AS (SELECT job_key, max(ended_at) AS ended_at FROM attempts_live SEMI JOIN waiting USING (job_key)
                  GROUP BY job_key)
        SELECT {_shown(by)} AS key, count(*) AS "running.runnable_jobs",
               max(greatest(epoch_us(?::TIMESTAMP) - epoch_us(coalesce(ended_at, submitted_at)), 0)) / 1e6
                   AS "running.runnable_seconds"
        FROM waiting LEFT JOIN ended USING (job_key) {"GROUP BY key" if by else ""}"""
    return cursor.execute(sql, [*needed, *condition.parameters, to_stored(as_of)]).df()


def _shown(by: Grouping | None) -> str:
    return "NULL" if by is None else "key"


def _key(by: Grouping | None) -> tuple[str, list[Any]]:
    if by is None:
        return "NULL", []
    return ("tags[?]", [by.tag]) if by.tag is not None else (expression(FILTERS[by.name]), [])
