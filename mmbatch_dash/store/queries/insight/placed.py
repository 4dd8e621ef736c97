"""The spot attempts of the selected jobs, with the group each belongs to, as temporary tables of one cursor.

What has ended and adds up is taken from the days of `store.daily`, the rest is looked at one by one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import duckdb

from mmbatch_dash.domain.selection import FILTERS, UNKNOWN, Selection
from mmbatch_dash.store.daily import ATTEMPT_VALUES, INSTANCE, JOB_VALUES, PLACED
from mmbatch_dash.store.queries.heard import stale_jobs
from mmbatch_dash.store.queries.hours import Hours, find_days, select_rest
from mmbatch_dash.store.queries.where import NOTHING, Condition, expression, select_jobs, to_stored
from mmbatch_dash.store.rollup import DIMENSIONS

_COLUMNS = ", ".join(
    (
        *("job_key", "job_id", "name", "queue", "definition", "vcpus", "memory_mib", "gpus", "status", "status_reason"),
        *("purchase_option", "submitted_at", "started_at", "stands_at", "instance_hours", "cost_usd", "lost_seconds"),
        *("on_demand_savings_usd", "overhead_seconds", "waiting_seconds", "memory_mib_max", "cpu_seconds"),
        *("checkpoints_succeeded", "checkpoints_failed", "restores_succeeded", "restores_failed"),
        *("checkpoint_seconds", "checkpoint_bytes", "restore_seconds", "distance_seconds"),
        *("saved_seconds", "saved_cpu_hours", "saved_cost_usd"),
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
    DELETE FROM placed WHERE (job_key, attempt) IN (
        WITH suspects AS MATERIALIZED (SELECT job_key, attempt FROM placed SEMI JOIN only_warned USING (instance_key))
        SELECT job_key, attempt FROM suspects
        ANTI JOIN (SELECT job_key, attempt FROM facts SEMI JOIN suspects USING (job_key)
                   WHERE purchase_option IS NOT NULL) f USING (job_key, attempt)
        ANTI JOIN (SELECT job_key FROM jobs WHERE queue IN (SELECT unnest(?::VARCHAR[]))) j USING (job_key))"""

_AS_TOLD = ", ".join(("job_key", "attempt", *ATTEMPT_VALUES, *JOB_VALUES))
_LOOKED_AT = f"""
    SELECT c.queue, a.instance_type, a.availability_zone, {INSTANCE} AS instance_key,
           coalesce(a.shared, false) AS is_shared, a.job_key, a.attempt,
           {", ".join(f"a.{name}" for name in ATTEMPT_VALUES)}, {", ".join(f"c.{name}" for name in JOB_VALUES)}
    FROM {{attempts}} a JOIN single c USING (job_key)
    ANTI JOIN (SELECT job_key, true AS is_open FROM stale) s
              ON s.job_key = a.job_key AND coalesce(a.end_reason, '') = 'running'
    WHERE {PLACED}"""
_APART = (
    f"SELECT queue, instance_type, availability_zone, instance_key, is_shared, {_AS_TOLD} "
    "FROM apart_attempts WHERE is_placed AND {condition}"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the parts of a selection are.

    Attributes:
        jobs: table of the jobs that are looked at one by one for what is theirs, and not their attempts'.
        rolled: the rows of the daily tables with what attempts come to; false where none are used.
        rolled_jobs: likewise with what jobs come to.
        by: what groups are.
    """

    jobs: str
    rolled: Condition
    rolled_jobs: Condition
    by: InsightBy


def choose_jobs(cursor: duckdb.DuckDBPyConnection, selection: Selection, by: InsightBy = InsightBy.QUEUE) -> None:
    """Makes `chosen` on this cursor, which must be a fresh one: the selected jobs with the group of each as `key`."""
    jobs = select_jobs(selection)
    select = f"SELECT {_job_key(by)} AS key, {_COLUMNS} FROM jobs WHERE"
    if not selection.active().keys() <= set(DIMENSIONS):
        cursor.execute(f"CREATE TEMP TABLE chosen AS {select} {jobs.sql}", jobs.parameters)
        return
    # Copying the rows of so many jobs costs more than finding them several times, which is quick by time and queue.
    # A view takes no parameters: each stands in a variable of the cursor.
    first, *rest = jobs.sql.split("?")
    for place, value in enumerate(jobs.parameters):
        cursor.execute(f"SET VARIABLE chosen_{place} = ?", [value])
    named = (f"getvariable('chosen_{place}'){part}" for place, part in enumerate(rest))
    cursor.execute(f"CREATE TEMP VIEW chosen AS {select} {''.join([first, *named])}")


def place_attempts(
    cursor: duckdb.DuckDBPyConnection,
    selection: Selection,
    by: InsightBy,
    as_of: datetime,
    stale_after: timedelta,
    queues_of_known_option: Collection[str] = (),
) -> Placed:
    """Makes `chosen` (jobs), `placed` (attempts) and `day_stays` (what other attempts come to) on this cursor.

    The cursor must be a fresh one. Attempts are those known to be spot otherwise than by a warning, with both times
    known; one that runs lasts up to `as_of`, and one of a job not heard of for longer than `stale_after` is left out.

    Args:
        cursor: of a snapshot.
        selection: which jobs.
        by: attempts belong to the queue of their job, or to where they ran themselves; jobs to where they ran last.
        as_of: the reading time.
        stale_after: how long a running job may be silent.
        queues_of_known_option: queues whose purchase option the configuration tells.
    """
    stale, now = stale_jobs(as_of, stale_after), to_stored(as_of)
    days = _usable_days(cursor, selection, now)
    choose_jobs(cursor, selection, by)
    _take_single(cursor, selection, days, by)
    rolled = days.condition if days else NOTHING
    key, known = attempt_key(by)
    source = "attempts" if days is None or days.ends else "attempts_live"
    cursor.execute(
        f"""
        CREATE TEMP TABLE placed AS
        WITH {stale.sql}
        SELECT {key} AS key, availability_zone AS zone, instance_key, is_shared, {_AS_TOLD},
               least(coalesce(ended_at, ?::TIMESTAMP), ?::TIMESTAMP) AS until_at,
               coalesce(end_reason = 'running', false) AS is_open,
               coalesce(end_reason = 'reclaimed', false) AS is_reclaimed
        FROM ({_LOOKED_AT.format(attempts=source)} UNION ALL {_APART.format(condition=rolled.sql)})
        WHERE started_at <= ?::TIMESTAMP AND {known}""",
        [*stale.parameters, now, now, *rolled.parameters, now],
    )
    cursor.execute(_ONLY_WARNED)
    # Where there are none, which is usual, no attempt has to be looked at for it.
    if cursor.execute("SELECT 1 FROM only_warned LIMIT 1").fetchall():
        cursor.execute(_HEARSAY, [list(queues_of_known_option)])
    cursor.execute(
        f"""
        CREATE TEMP TABLE day_stays AS
        SELECT {key} AS key, availability_zone AS zone, used_on, sum(exposure_hours) AS exposure_hours,
               sum(useful_attempts) AS useful_attempts, sum(cost_usd) AS cost_usd,
               sum(useful_vcpu_hours) AS useful_vcpu_hours
        FROM daily_stays WHERE {rolled.sql} AND {known} GROUP BY ALL""",
        rolled.parameters,
    )
    if by is InsightBy.QUEUE:
        return Placed("single", rolled, rolled, by)
    return Placed("chosen", rolled, NOTHING, by)


def attempt_key(by: InsightBy) -> tuple[str, str]:
    """The SQL of the group of an attempt, and the condition that it has one."""
    if by is InsightBy.QUEUE:
        return f"coalesce(queue, '{UNKNOWN}')", "true"
    columns = FILTERS[by.value].columns
    return f"concat_ws('/', {', '.join(columns)})", " AND ".join(f"{column} IS NOT NULL" for column in columns)


def _job_key(by: InsightBy) -> str:
    return f"coalesce({expression(FILTERS[by.value])}, '{UNKNOWN}')"


def _usable_days(cursor: duckdb.DuckDBPyConnection, selection: Selection, now: datetime) -> Hours | None:
    """The selection as days of what is rolled up; None where that is out of date, or tells of what is yet to come."""
    days = find_days(cursor, selection)
    later = "SELECT 1 FROM daily_stays WHERE last_at > ? LIMIT 1"
    return None if days is None or cursor.execute(later, [now]).fetchall() else days


def _take_single(cursor: duckdb.DuckDBPyConnection, selection: Selection, days: Hours | None, by: InsightBy) -> None:
    """Makes `single`: the jobs that are in no day of history."""
    if days is None:
        cursor.execute("CREATE TEMP VIEW single AS FROM chosen")
        return
    rest = select_rest(selection, days)
    union = " UNION ALL ".join(
        f"SELECT {_job_key(by)} AS key, {_COLUMNS} FROM {table} WHERE {condition.sql}" for table, condition in rest
    )
    parameters = [value for _, condition in rest for value in condition.parameters]
    cursor.execute(f"CREATE TEMP TABLE single AS {union}", parameters)
