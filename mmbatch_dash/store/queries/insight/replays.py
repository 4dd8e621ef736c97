"""Every attempt of the selected jobs as plain arrays, for replays: the one reading that is not reduced."""

from typing import Any

import duckdb
import numpy as np

_ATTEMPTS = """
    SELECT j.job, a.attempt, a.run_seconds, a.usd_per_hour, a.regular_usd_per_hour, a.on_demand_usd_per_hour,
           a.carried_seconds, a.spot_carried_seconds, a.is_lost,
           a.end_reason = 'reclaimed' AS is_reclaimed,
           concat_ws('/', a.instance_type, a.availability_zone) AS pool
    FROM attempts a JOIN (SELECT job_key, row_number() OVER (ORDER BY job_key) - 1 AS job FROM chosen) j USING (job_key)
    WHERE coalesce(a.end_reason, '') NOT IN ('not_started', 'running')
    ORDER BY j.job, a.attempt"""
_JOBS = """
    SELECT c.key AS queue, c.vcpus, c.cost_usd, c.instance_hours, c.lost_seconds, c.overhead_seconds, c.saved_seconds,
           c.saved_cpu_hours, c.saved_cost_usd, c.status IN ('SUCCEEDED', 'FAILED') AS is_ended,
           list_avg(c.checkpoint_seconds) AS checkpoint_seconds, list_avg(c.restore_seconds) AS restore_seconds,
           l.usd AS latest_usd_per_hour
    FROM chosen c LEFT JOIN (
        SELECT job_key, arg_max({'usd': regular_usd_per_hour}, attempt)['usd'] AS usd
        FROM attempts WHERE coalesce(end_reason, '') <> 'not_started' GROUP BY job_key) l USING (job_key)
    ORDER BY c.job_key"""

Arrays = dict[str, np.ndarray[Any, Any]]


def fetch_replayed(cursor: duckdb.DuckDBPyConnection) -> tuple[Arrays, Arrays]:
    """The ended attempts of the chosen jobs and these jobs, of a cursor on which `choose_jobs` was called.

    Returns:
        Attempts by job and number: job (place of its job among the jobs), attempt, run_seconds, usd_per_hour,
        regular_usd_per_hour, on_demand_usd_per_hour, carried_seconds, spot_carried_seconds (NaN where unknown),
        is_lost, is_reclaimed, pool. Jobs: queue, vcpus, cost_usd, instance_hours, lost_seconds, overhead_seconds,
        saved_seconds, saved_cpu_hours, saved_cost_usd (as they are kept; NaN where unknown), is_ended,
        checkpoint_seconds, restore_seconds (mean; NaN without any), latest_usd_per_hour (before any free hour, of
        the latest attempt, an open one too).
    """
    return _plain(cursor.execute(_ATTEMPTS).fetchnumpy()), _plain(cursor.execute(_JOBS).fetchnumpy())


def _plain(columns: dict[str, Any]) -> Arrays:
    """Without masks: unknown numbers are NaN, unknown flags false."""
    plain: Arrays = {}
    for name, column in columns.items():
        mask = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
        values = np.ma.getdata(column)
        if values.dtype.kind == "f" and mask is not None:
            values = np.where(mask, np.nan, values)
        elif values.dtype.kind == "b" and mask is not None:
            values = np.where(mask, False, values)
        plain[name] = values
    return plain
