"""Rows behind the endpoints shaped as the MMBatch Management Server publishes them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

import duckdb

from mmbatch_dash.domain.facts import VOLUME
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.rows import Row, fetch_rows
from mmbatch_dash.store.queries.totals import counts_removed
from mmbatch_dash.store.queries.where import TIME_COLUMNS, select_jobs

_PARTS = {
    "attempts": "job_key, attempt, started_at, ended_at, end_reason, node_id, instance_id, container_id",
    "checkpoints": "job_key, attempt, started_at, finished_at, outcome",
    "restores": "job_key, attempt, started_at, finished_at, outcome",
}


_OF_VOLUMES = f"starts_with(type, '{VOLUME}')"
MOST_QUEUES = 200
REST = "other"


@dataclass(frozen=True, slots=True)
class JobParts:
    """One job with its attempts, checkpoints, restores and what is said of its volumes, in no order."""

    job: Row
    attempts: list[Row]
    checkpoints: list[Row]
    restores: list[Row]
    volumes: list[Row]


def read_job_parts(database: Database, selection: Selection, *, batch: int, limit: int | None) -> Iterator[JobParts]:
    """The selected jobs with their parts, a batch in memory at a time."""
    condition = select_jobs(selection)
    sql = (
        "SELECT job_key, job_id, queue, status, submitted_at, completed_at, updated_at, protections_succeeded "
        f"FROM jobs WHERE {condition.sql} ORDER BY submitted_at NULLS LAST, job_id"
    )
    with database.cursor() as cursor, database.cursor() as asking:
        # Few stores hold any; looking through the facts of each batch would be for nothing.
        with_volumes = asking.execute(f"SELECT 1 FROM facts WHERE {_OF_VOLUMES} LIMIT 1").fetchone() is not None
        ending = "" if limit is None else f" LIMIT {int(limit)}"
        for records in cursor.sql(sql + ending, params=condition.parameters).to_arrow_reader(batch):
            keys = records.column("job_key").to_pylist()
            parts = {table: _parts(asking, table, names, keys) for table, names in _PARTS.items()}
            volumes = _volumes(asking, keys) if with_volumes else {}
            for job in records.to_pylist():
                for name in ("submitted_at", "completed_at", "updated_at"):
                    job[name] = job[name] and job[name].replace(tzinfo=UTC)
                found = {table: rows.get(job["job_key"], []) for table, rows in parts.items()}
                said = volumes.get(job["job_key"], [])
                yield JobParts(job, found["attempts"], found["checkpoints"], found["restores"], said)


def fetch_hours(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> list[Row]:
    """One row an hour and queue, hours by the selection's basis; no job is left out for want of that time.

    A job without it stands at the next best: its submission or start, its completion, what was last heard of it.
    Queues beyond the MOST_QUEUES with the most jobs are one, called REST.

    Returns:
        hour, queue, jobs, runtime_seconds, spot_protections, saved_seconds: sums over the jobs where the figure is
        known, None where there is none. In order of hour and queue.
    """
    condition = select_jobs(selection)
    table = "known_jobs" if counts_removed(selection) else "jobs"
    column = f"coalesce({', '.join((TIME_COLUMNS[selection.basis], *TIME_COLUMNS.values(), 'updated_at'))})"
    sql = f"""
        WITH hours AS (
            SELECT date_trunc('hour', {column}) AS hour, queue, count(*) AS jobs,
                   sum(runtime_seconds) AS runtime_seconds,
                   sum(protections_succeeded)::BIGINT AS spot_protections, sum(saved_seconds) AS saved_seconds
            FROM {table} WHERE {condition.sql} GROUP BY ALL
        ), named AS (
            SELECT queue FROM hours WHERE queue IS NOT NULL
            GROUP BY queue ORDER BY sum(jobs) DESC, queue LIMIT {MOST_QUEUES}
        )
        SELECT hour, CASE WHEN queue IS NULL OR queue IN (FROM named) THEN queue ELSE '{REST}' END AS queue,
               sum(jobs)::BIGINT AS jobs, sum(runtime_seconds) AS runtime_seconds,
               sum(spot_protections)::BIGINT AS spot_protections, sum(saved_seconds) AS saved_seconds
        FROM hours GROUP BY ALL ORDER BY ALL"""
    return fetch_rows(cursor, sql, condition.parameters)


def _volumes(cursor: duckdb.DuckDBPyConnection, keys: list[int]) -> dict[int, list[Row]]:
    """What is said of the volumes of jobs, each once however many say it: job_key, type, volume_id, happened_at."""
    sql = f"""
        SELECT DISTINCT job_key, type, volume_id, happened_at
        FROM facts SEMI JOIN (SELECT unnest(?::UBIGINT[]) AS job_key) USING (job_key) WHERE {_OF_VOLUMES}"""
    grouped: dict[int, list[Row]] = defaultdict(list)
    for row in fetch_rows(cursor, sql, [keys]):
        grouped[row["job_key"]].append(row)
    return grouped


def _parts(cursor: duckdb.DuckDBPyConnection, table: str, names: str, keys: list[int]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = defaultdict(list)
    sql = f"SELECT {names} FROM {table} SEMI JOIN (SELECT unnest(?::UBIGINT[]) AS job_key) USING (job_key)"
    for row in fetch_rows(cursor, sql, [keys]):
        grouped[row["job_key"]].append(row)
    return grouped
