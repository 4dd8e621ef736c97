"""Everything the tables hold of one job, and where the journal holds what was said of it."""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from mmbatch_dash.store.figure_sql import COST_SQL
from mmbatch_dash.store.queries.job_fields import ATTEMPT_FIELDS, CHECKPOINT_FIELDS, JOB_FIELDS, RESTORE_FIELDS, Field
from mmbatch_dash.store.queries.rows import Row, fetch_rows

MOST_RELATIVES = 1000
_RELATIVE = ("job_id", "name", "status", "phase", "submitted_at", "started_at", "completed_at", "attempts")


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job with its parts; rows are in order of attempt and time.

    Attributes:
        job: its row, with is_parent, never_started, open_started_at and open_usd_per_hour besides.
        notices: what EC2 announced about the instances of its attempts: instance_id, notice_kind, noticed_at,
            action, action_at.
        children: rows of the jobs that name it as parent, at most MOST_RELATIVES, in order of submission.
        children_total: how many there are.
        parent: the row of its parent; None where it has none or nothing is known of it.
    """

    job: Row
    attempts: list[Row]
    checkpoints: list[Row]
    restores: list[Row]
    notices: list[Row]
    children: list[Row]
    children_total: int
    parent: Row | None


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where in the journal one thing that was said of a job stands.

    Attributes:
        position: of its line.
        happened_at: when it happened, ISO 8601.
    """

    position: int
    happened_at: str


def fetch_job(cursor: duckdb.DuckDBPyConnection, job_id: str) -> JobRecord | None:
    """All of one job, also of a parent; None where nothing was ever said of it."""
    names = f"{_columns(JOB_FIELDS)}, is_parent, never_started, open_started_at, open_usd_per_hour"
    found = _of_job(cursor, "jobs", names, job_id, "job_id")
    if not found:
        return None
    job = found[0]
    attempts = _of_job(
        cursor, "attempts", f"{_columns(ATTEMPT_FIELDS)}, shared, {COST_SQL} AS cost_usd", job_id, "attempt"
    )
    checkpoints = _of_job(cursor, "checkpoints", _columns(CHECKPOINT_FIELDS), job_id, "attempt, taken_at, started_at")
    restores = _of_job(cursor, "restores", _columns(RESTORE_FIELDS), job_id, "attempt, finished_at, started_at")
    relatives = ", ".join(f'"{name}"' for name in _RELATIVE)
    children = fetch_rows(
        cursor,
        f"SELECT {relatives}, count(*) OVER () AS total FROM jobs WHERE parent_id = ? "
        f"ORDER BY submitted_at, len(job_id), job_id LIMIT {MOST_RELATIVES}",
        [job_id],
    )
    total = children[0]["total"] if children else 0
    parent = _of_job(cursor, "jobs", relatives, job["parent_id"], "job_id") if job["parent_id"] else []
    return JobRecord(
        job=job,
        attempts=attempts,
        checkpoints=checkpoints,
        restores=restores,
        notices=_fetch_notices(cursor, attempts),
        children=[{name: child[name] for name in _RELATIVE} for child in children],
        children_total=total,
        parent=parent[0] if parent else None,
    )


def knows_job(cursor: duckdb.DuckDBPyConnection, job_id: str) -> bool:
    """Whether anything was ever said of the job."""
    return bool(_of_job(cursor, "jobs", "job_id", job_id, "job_id"))


def fetch_removed_end(cursor: duckdb.DuckDBPyConnection, job_id: str) -> datetime | None:
    """When a job ended that is in no list any more; None of any other."""
    rows = fetch_rows(
        cursor,
        "SELECT coalesce(completed_at, updated_at) AS ended_at FROM jobs_removed WHERE job_key = id_key(?)",
        [job_id],
    )
    ended_at: datetime | None = rows[0]["ended_at"] if rows else None
    return ended_at


def fetch_event_places(
    cursor: duckdb.DuckDBPyConnection, job_id: str, *, limit: int, skip_latest: int = 0
) -> tuple[list[EventPlace], int]:
    """A stretch of what was said of a job and of reclaims on its instances, oldest first, and how much there is.

    Args:
        cursor: where to ask.
        job_id: of the job.
        limit: how many at most.
        skip_latest: how many of the latest to leave out.
    """
    sql = """
        WITH said AS (
            SELECT position, min(happened_at) AS happened_at FROM facts WHERE job_key = id_key(?) AND job_id = ?
            GROUP BY position
            UNION
            SELECT n.position, n.noticed_at FROM notices n
            JOIN (SELECT DISTINCT instance_key FROM attempts WHERE job_key = id_key(?) AND instance_key IS NOT NULL) a
              USING (instance_key)
        )
        SELECT position, happened_at, count(*) OVER () AS total FROM said
        ORDER BY happened_at DESC, position DESC LIMIT ? OFFSET ?"""
    rows = fetch_rows(cursor, sql, [job_id, job_id, job_id, limit, skip_latest])
    total = rows[0]["total"] if rows else skip_latest
    return [EventPlace(row["position"], row["happened_at"].isoformat()) for row in reversed(rows)], total


def _fetch_notices(cursor: duckdb.DuckDBPyConnection, attempts: list[Row]) -> list[Row]:
    instances = sorted({row["instance_id"] for row in attempts if row["instance_id"]})
    if not instances:
        return []
    marks = ", ".join(["id_key(?)"] * len(instances))
    return fetch_rows(
        cursor,
        "SELECT DISTINCT instance_id, notice_kind, noticed_at, action, action_at FROM notices "
        f"WHERE instance_key IN ({marks}) ORDER BY noticed_at, instance_id",
        instances,
    )


def _of_job(cursor: duckdb.DuckDBPyConnection, table: str, names: str, job_id: str, order: str) -> list[Row]:
    # The key finds it fast; jobs and attempts also hold the id itself, against a clash of hashes.
    sure = " AND job_id = $id" if table in ("jobs", "attempts") else ""
    cursor_rows = f"SELECT {names} FROM {table} WHERE job_key = id_key($id){sure} ORDER BY {order}"
    return fetch_rows(cursor, cursor_rows.replace("$id", "?"), [job_id] * (2 if sure else 1))


def _columns(fields: tuple[Field, ...]) -> str:
    return ", ".join(field.sql for field in fields)
