"""The spot attempts of the selected jobs, with the group each belongs to, as a temporary table of one cursor."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

import duckdb

from mmbatch_dash.domain.selection import FILTERS, UNKNOWN, Selection
from mmbatch_dash.store.queries.heard import stale_jobs
from mmbatch_dash.store.queries.where import expression, select_jobs, to_stored

_COLUMNS = ", ".join(
    (
        *("job_key", "job_id", "name", "queue", "definition", "vcpus", "memory_mib", "gpus", "status", "status_reason"),
        *("purchase_option", "submitted_at", "started_at", "stands_at", "instance_hours", "cost_usd", "lost_seconds"),
        *(
            "on_demand_savings_usd",
            "overhead_seconds",
            "waiting_seconds",
            "checkpoints_succeeded",
            "checkpoints_failed",
        ),
        *("restores_succeeded", "restores_failed", "checkpoint_seconds", "restore_seconds", "memory_mib_max"),
        "distance_seconds",
        *("cpu_seconds", "saved_seconds", "saved_cpu_hours", "saved_cost_usd"),
    )
)


class InsightBy(StrEnum):
    """What rates and advice are grouped by."""

    QUEUE = "queue"
    INSTANCE_TYPE = "instance_type"
    POOL = "pool"


# Where every word on an option is a warning, only those taken back have one: they would make any rate too high.
_ONLY_WARNED = """
    CREATE TEMP TABLE only_warned AS
    SELECT instance_key FROM instance_facts WHERE purchase_option IS NOT NULL AND instance_key IS NOT NULL
    GROUP BY instance_key HAVING bool_and(identity IN (SELECT identity FROM notices))
    EXCEPT SELECT id_key(instance_id) FROM nodes WHERE purchase_option IS NOT NULL"""
_HEARSAY = """
    CREATE TEMP TABLE hearsay AS
    SELECT a.job_key, a.attempt FROM attempts a SEMI JOIN only_warned USING (instance_key)
    ANTI JOIN (SELECT job_key, attempt FROM facts WHERE purchase_option IS NOT NULL) f USING (job_key, attempt)
    ANTI JOIN (SELECT job_key FROM jobs WHERE queue IN (SELECT unnest(?::VARCHAR[]))) j USING (job_key)"""


def choose_jobs(cursor: duckdb.DuckDBPyConnection, selection: Selection, by: InsightBy = InsightBy.QUEUE) -> None:
    """Makes `chosen` on this cursor, which must be a fresh one: the selected jobs with the group of each as `key`."""
    jobs = select_jobs(selection)
    # Copying the rows of all jobs costs more than reading them several times.
    kind = "TABLE" if jobs.parameters else "VIEW"
    key = f"coalesce({expression(FILTERS[by.value])}, '{UNKNOWN}')"
    cursor.execute(
        f"CREATE TEMP {kind} chosen AS SELECT {key} AS key, {_COLUMNS} FROM jobs WHERE {jobs.sql}", jobs.parameters
    )


def place_attempts(
    cursor: duckdb.DuckDBPyConnection,
    selection: Selection,
    by: InsightBy,
    as_of: datetime,
    stale_after: timedelta,
    queues_of_known_option: Collection[str] = (),
) -> None:
    """Makes `chosen` (jobs) and `placed` (attempts) on this cursor, which must be a fresh one.

    Attempts are those known to be spot otherwise than by a warning, with both times known; one that runs lasts up to
    `as_of`, and one of a job not heard of for longer than `stale_after` is left out.

    Args:
        cursor: of a snapshot.
        selection: which jobs.
        by: attempts belong to the queue of their job, or to where they ran themselves; jobs to where they ran last.
        as_of: the reading time.
        stale_after: how long a running job may be silent.
        queues_of_known_option: queues whose purchase option the configuration tells.
    """
    stale, now = stale_jobs(as_of, stale_after), to_stored(as_of)
    columns = [f"a.{column}" for column in FILTERS[by.value].columns]
    of_attempt = "c.key" if by is InsightBy.QUEUE else f"concat_ws('/', {', '.join(columns)})"
    known = "true" if by is InsightBy.QUEUE else " AND ".join(f"{column} IS NOT NULL" for column in columns)
    choose_jobs(cursor, selection, by)
    cursor.execute(_ONLY_WARNED)
    left_out = ""
    # Where there are none, which is usual, no attempt has to be looked at for it.
    if cursor.execute("SELECT 1 FROM only_warned LIMIT 1").fetchall():
        cursor.execute(_HEARSAY, [list(queues_of_known_option)])
        left_out = "ANTI JOIN hearsay USING (job_key, attempt)"
    cursor.execute(
        f"""
        CREATE TEMP TABLE placed AS
        WITH {stale.sql}
        SELECT {of_attempt} AS key, a.job_key, a.attempt, a.availability_zone AS zone,
               coalesce(a.instance_key, a.arn_key, id_key(concat_ws(' ', a.job_id, a.attempt))) AS instance_key,
               a.started_at, least(coalesce(a.ended_at, ?::TIMESTAMP), ?::TIMESTAMP) AS until_at,
               a.end_reason = 'running' AS is_open, a.end_reason = 'reclaimed' AS is_reclaimed,
               coalesce(a.shared, false) AS is_shared, a.waited_seconds, a.run_seconds, a.usd_per_hour,
               a.is_lost, a.carried_seconds, a.checkpoint_interval_seconds, c.vcpus,
               c.overhead_seconds, c.instance_hours
        FROM attempts a JOIN chosen c USING (job_key)
        {left_out}
        ANTI JOIN (SELECT job_key, true AS is_open FROM stale) s
                  ON s.job_key = a.job_key AND coalesce(a.end_reason, '') = 'running'
        WHERE a.purchase_option = 'spot' AND a.started_at <= ?::TIMESTAMP AND {known}
          AND coalesce(a.end_reason, '') <> 'not_started'
          AND (a.ended_at >= a.started_at OR a.end_reason = 'running')""",
        [*stale.parameters, now, now, now],
    )
