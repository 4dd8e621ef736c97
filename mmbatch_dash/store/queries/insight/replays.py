"""Every attempt of the selected jobs as plain arrays, for replays: the one reading that is not reduced."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

_ATTEMPTS = """
    SELECT j.job, a.run_seconds, a.usd_per_hour, a.on_demand_usd_per_hour, a.carried_seconds, a.spot_carried_seconds,
           a.is_lost, a.end_reason = 'reclaimed' AS is_reclaimed
    FROM attempts a JOIN (SELECT job_key, row_number() OVER (ORDER BY job_key) - 1 AS job FROM chosen) j USING (job_key)
    WHERE coalesce(a.end_reason, '') NOT IN ('not_started', 'running')
    ORDER BY j.job, a.attempt"""
_JOBS = """
    SELECT c.key AS queue, coalesce(concat_ws('/', l.a['type'], l.a['zone']), '') AS pool, c.vcpus, c.cost_usd,
           c.instance_hours, c.lost_seconds, c.overhead_seconds, c.saved_seconds, c.saved_cpu_hours, c.saved_cost_usd,
           c.status IN ('SUCCEEDED', 'FAILED') AS is_ended, list_avg(c.checkpoint_seconds) AS checkpoint_seconds,
           list_avg(c.restore_seconds) AS restore_seconds, l.a['usd'] AS latest_usd_per_hour
    FROM chosen c LEFT JOIN (
        SELECT job_key,
               arg_max({'usd': regular_usd_per_hour, 'type': instance_type, 'zone': availability_zone}, attempt) AS a
        FROM attempts WHERE coalesce(end_reason, '') <> 'not_started' GROUP BY job_key) l USING (job_key)
    ORDER BY c.job_key"""

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay needs, one array a column; unknown numbers are NaN, unknown flags false.

    Attributes:
        attempts: the ended ones by job and number: job (place of its job among the jobs), run_seconds, usd_per_hour,
            on_demand_usd_per_hour, carried_seconds, spot_carried_seconds, is_lost, is_reclaimed.
        jobs: queue, pool (places among the names), vcpus, cost_usd, instance_hours, lost_seconds, overhead_seconds,
            saved_seconds, saved_cpu_hours, saved_cost_usd (as they are kept), is_ended, checkpoint_seconds,
            restore_seconds (mean), latest_usd_per_hour (before any free hour, of the latest attempt, an open one too).
        queues: names of queues.
        pools: names of the pools of the latest attempts.
    """

    attempts: Arrays
    jobs: Arrays
    queues: list[str]
    pools: list[str]


def fetch_replayed(cursor: duckdb.DuckDBPyConnection, half_read: Callable[[], None] = lambda: None) -> Replayed:
    """The ended attempts of the chosen jobs and these jobs, of a cursor on which `choose_jobs` was called.

    Args:
        cursor: where to ask.
        half_read: called once in between; what it raises ends the reading.
    """
    attempts, _ = _plain(cursor.sql(_ATTEMPTS).to_arrow_table())
    half_read()
    jobs, names = _plain(cursor.sql(_JOBS).to_arrow_table())
    return Replayed(attempts, jobs, names["queue"], names["pool"])


def _plain(table: pa.Table) -> tuple[Arrays, dict[str, list[str]]]:
    """Columns as arrays; texts as places in the list of their values, which stands beside them."""
    arrays: Arrays = {}
    names: dict[str, list[str]] = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_string(column.type):
            coded = column.combine_chunks().dictionary_encode()
            coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
            arrays[name], names[name] = coded.indices.to_numpy(), coded.dictionary.to_pylist()
        elif pa.types.is_boolean(column.type):
            arrays[name] = column.fill_null(False).to_numpy()
        else:
            arrays[name] = column.to_numpy()
    return arrays, names
