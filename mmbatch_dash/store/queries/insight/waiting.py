"""How long jobs wait, what stands in RUNNABLE, and how much of what was asked for is used."""

import duckdb
import pandas as pd

from mmbatch_dash.store.queries.insight.spreads import fetch_spreads_of

_FIRST = """
    SELECT queue AS key, greatest(epoch_us(started_at) - epoch_us(submitted_at), 0) / 1e6 AS value
    FROM chosen WHERE started_at IS NOT NULL AND submitted_at IS NOT NULL AND queue IS NOT NULL"""
_BETWEEN = """
    SELECT c.queue AS key, a.waited_seconds AS value
    FROM attempts a JOIN chosen c USING (job_key)
    WHERE a.attempt > 1 AND a.waited_seconds IS NOT NULL AND c.queue IS NOT NULL"""
_ALL = (
    "SELECT queue AS key, waiting_seconds AS value FROM chosen WHERE waiting_seconds IS NOT NULL AND queue IS NOT NULL"
)


def fetch_waiting(cursor: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    """How long jobs of each queue waited: all, before their first start, between attempts (one value an attempt).

    Returns:
        all, first, between → columns key, median, p95, count; in seconds.
    """
    return {
        name: fetch_spreads_of(cursor, sql) for name, sql in (("all", _ALL), ("first", _FIRST), ("between", _BETWEEN))
    }


def fetch_stuck(cursor: duckdb.DuckDBPyConnection, most: int = 20) -> pd.DataFrame:
    """Jobs that stand in RUNNABLE without having started, the longest waiting first.

    Returns:
        Columns job_id, name, queue, submitted_at, status_reason (what AWS says, None where nothing).
    """
    sql = f"""
        SELECT job_id, name, queue, submitted_at, status_reason FROM chosen
        WHERE status = 'RUNNABLE' AND started_at IS NULL AND submitted_at IS NOT NULL
        ORDER BY submitted_at, job_id LIMIT {most:d}"""
    return cursor.execute(sql).df()


def fetch_efficiency(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """How much of CPU and memory the ended jobs of each definition used.

    Returns:
        Columns definition, jobs (that told their usage), vcpus, memory_mib (the most often asked for), cpu_share,
        memory_share (used of asked for; NaN where not told), idle_usd (cost × the CPU share not used), fitting_vcpus,
        fitting_memory_mib (in which 95 % would have fitted: mean CPUs of a run, most memory). By idle
        money, most first.
    """
    run = "(instance_hours * 3600)"
    sql = f"""
        SELECT definition, count(*) AS jobs, mode(vcpus) AS vcpus, mode(memory_mib) AS memory_mib,
               sum(cpu_seconds) / nullif(sum(vcpus * {run}) FILTER (cpu_seconds IS NOT NULL), 0) AS cpu_share,
               sum(memory_mib_max) / nullif(sum(memory_mib) FILTER (memory_mib_max IS NOT NULL), 0) AS memory_share,
               sum(cost_usd * greatest(0, 1 - cpu_seconds / (vcpus * {run}))) AS idle_usd,
               quantile_disc(cpu_seconds / {run}, 0.95) AS fitting_vcpus,
               quantile_disc(memory_mib_max, 0.95) AS fitting_memory_mib
        FROM chosen
        WHERE definition IS NOT NULL AND instance_hours > 0 AND (cpu_seconds IS NOT NULL OR memory_mib_max IS NOT NULL)
        GROUP BY definition ORDER BY idle_usd DESC NULLS LAST, definition"""
    return cursor.execute(sql).df()
