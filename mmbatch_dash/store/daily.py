"""What the ended jobs of a day come to beside their totals: how long spot instances were used, how long things took.

Of each day (UTC, by the time its jobs stand at) of `jobs_done`: sums and counted bins where attempts and jobs add up,
and the attempts that do not, one by one: those that share their instance, were reclaimed, have no end, or whose
instance was ever warned. Days are rolled anew where `rollup` finds their hours stale, and are as current as it is.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import duckdb

BIN = "round(ln(greatest({value}, 0.001)) * 50)"
"""The bin of a positive number: two percent wide, a larger number never in a smaller bin."""

WORK = "instance_hours * 3600 - lost_seconds - overhead_seconds"
ENDED_ON_SPOT = (
    "purchase_option = 'spot' AND status IN ('SUCCEEDED', 'FAILED') AND instance_hours > 0 AND cost_usd IS NOT NULL"
)
MONEY = {
    "jobs": "count(*)",
    "cost_usd": "sum(cost_usd)",
    "instance_hours": "sum(instance_hours)",
    "on_demand_usd": "sum(cost_usd + on_demand_savings_usd)",
    "on_demand_hours": "coalesce(sum(instance_hours) FILTER (on_demand_savings_usd IS NOT NULL), 0)",
    "lost_usd": "coalesce(sum(lost_seconds / 3600 * cost_usd / instance_hours), 0)",
    "checkpointed_jobs": "count(*) FILTER (checkpoints_succeeded > 0)",
    "first_at": "min(stands_at)",
    "last_at": "max(stands_at)",
}
"""Part of the money of ended jobs on spot → its SQL over their rows."""

COST = "run_seconds / 3600 * usd_per_hour"
USEFUL = (
    "vcpus / 3600 * (CASE WHEN is_lost THEN least(run_seconds, carried_seconds) ELSE run_seconds END "
    "- overhead_seconds * run_seconds / (instance_hours * 3600))"
)
IS_USEFUL = (
    "usd_per_hour IS NOT NULL AND vcpus IS NOT NULL AND carried_seconds IS NOT NULL AND overhead_seconds IS NOT NULL "
    "AND instance_hours > 0"
)
"""Whether what a placed attempt did, USEFUL vCPU-hours at COST, is known. The overhead of a job is divided among its
attempts in proportion to their time."""

PLACED = (
    "a.purchase_option = 'spot' AND a.started_at IS NOT NULL AND coalesce(a.end_reason, '') <> 'not_started' "
    "AND (a.ended_at >= a.started_at OR a.end_reason = 'running')"
)
"""Whether an attempt a is known to be on spot, with both its times."""
INSTANCE = "coalesce(a.instance_key, a.arn_key, id_key(concat_ws(' ', a.job_id, a.attempt)))"
"""The instance of an attempt a; one of its own where nobody told."""

_OF_JOB = {"queue": "VARCHAR", "status": "VARCHAR", "purchase_option": "VARCHAR"}
_OF_ATTEMPT = {"instance_type": "VARCHAR", "availability_zone": "VARCHAR"}
ATTEMPT_VALUES = {
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "end_reason": "VARCHAR",
    "waited_seconds": "DOUBLE",
    "run_seconds": "DOUBLE",
    "usd_per_hour": "DOUBLE",
    "is_lost": "BOOLEAN",
    "carried_seconds": "DOUBLE",
    "checkpoint_interval_seconds": "DOUBLE",
}
JOB_VALUES = {"vcpus": "DOUBLE", "overhead_seconds": "DOUBLE", "instance_hours": "DOUBLE"}

TABLES: dict[str, dict[str, str]] = {
    # Attempts that do not add up by themselves; those that are not placed are there as reclaims alone.
    "apart_attempts": {
        "day": "TIMESTAMP",
        **_OF_JOB,
        **_OF_ATTEMPT,
        "job_key": "UBIGINT",
        "attempt": "INTEGER",
        "instance_key": "UBIGINT",
        "is_shared": "BOOLEAN",
        "is_placed": "BOOLEAN",
        **ATTEMPT_VALUES,
        **JOB_VALUES,
    },
    # Of the other placed attempts: hours by the day they were used on, money by the day the attempt began.
    "daily_stays": {
        "day": "TIMESTAMP",
        **_OF_JOB,
        **_OF_ATTEMPT,
        "used_on": "DATE",
        "exposure_hours": "DOUBLE",
        "useful_attempts": "BIGINT",
        "cost_usd": "DOUBLE",
        "useful_vcpu_hours": "DOUBLE",
        "last_at": "TIMESTAMP",
    },
    # How many of each kind of number lie in a bin. Of those whose quantiles are asked for, the numbers in order.
    "daily_bins": {
        "day": "TIMESTAMP",
        **_OF_JOB,
        **_OF_ATTEMPT,
        "kind": "VARCHAR",
        "bin": "DOUBLE",
        "size_class": "TINYINT",
        "amount": "BIGINT",
        "total": "DOUBLE",
        "numbers": "DOUBLE[]",
    },
    "daily_money": {
        "day": "TIMESTAMP",
        **_OF_JOB,
        **dict.fromkeys(("jobs", "checkpointed_jobs"), "BIGINT"),
        **dict.fromkeys(("cost_usd", "instance_hours", "on_demand_usd", "on_demand_hours", "lost_usd"), "DOUBLE"),
        **dict.fromkeys(("first_at", "last_at"), "TIMESTAMP"),
    },
}

LISTED = {
    "checkpoint": ("checkpoint_seconds", "checkpoints_succeeded + checkpoints_failed > 0"),
    "restore": ("restore_seconds", "restores_succeeded + restores_failed > 0"),
    "distance": ("distance_seconds", "distance_seconds IS NOT NULL"),
}
"""Kind of numbers that job rows list → the list, and of which jobs."""

SIZE_EDGES_GIB = (1, 4, 16, 64)
"""Sizes of checkpoints are told apart by these: class 0 lies below the first."""
SIZE_CLASS = (
    "CASE WHEN {bytes} IS NOT NULL THEN "
    + " + ".join(f"({{bytes}} >= {edge << 30})::TINYINT" for edge in SIZE_EDGES_GIB)
    + " END"
)

_ROLLED_JOBS = (
    *("job_key", "stands_at", "queue", "status", "purchase_option", "vcpus", "overhead_seconds", "instance_hours"),
    *("cost_usd", "lost_seconds", "on_demand_savings_usd", "checkpoints_succeeded", "checkpoints_failed"),
    *("restores_succeeded", "restores_failed", "checkpoint_bytes", *(column for column, _ in LISTED.values())),
)
_KEYS = "day, queue, status, purchase_option"
_DAY = timedelta(days=1)
_NEAR = timedelta(days=4)


def daily_statements() -> list[str]:
    """Statements that create the tables."""
    return [
        f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
        for table, columns in TABLES.items()
    ]


def roll_every_day(cursor: duckdb.DuckDBPyConnection) -> None:
    """Makes all days anew, in the caller's transaction."""
    for table in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in daily_statements():
        cursor.execute(statement)
    # Month by month: the numbers of years do not fit into memory.
    months = "SELECT DISTINCT date_trunc('month', stands_at)::TIMESTAMP AS month FROM jobs_done ORDER BY month"
    for (month,) in cursor.execute(months).fetchall():
        until = f"TIMESTAMP '{month}' + INTERVAL 1 MONTH"
        _roll(
            cursor,
            ["stands_at IS NULL" if month is None else f"stands_at >= TIMESTAMP '{month}' AND stands_at < {until}"],
        )


def roll_days(cursor: duckdb.DuckDBPyConnection, days: Iterable[datetime | None]) -> None:
    """Rolls some days anew, in the caller's transaction.

    Args:
        cursor: of the transaction.
        days: their midnights; None stands for the jobs that no time is known of.
    """
    stale = set(days)
    if not stale:
        return
    known = sorted(day for day in stale if day is not None)
    cursor.execute("CREATE OR REPLACE TEMP TABLE stale_days AS SELECT unnest(?::TIMESTAMP[]) AS day", [known])
    conditions = ["stands_at IS NULL"] if None in stale else []
    within = "date_trunc('day', stands_at) IN (SELECT day FROM stale_days)"
    conditions += [
        f"stands_at >= TIMESTAMP '{first}' AND stands_at < TIMESTAMP '{last + _DAY}' AND {within}"
        for first, last in stretches(known, _NEAR)
    ]
    also = " OR day IS NULL" if None in stale else ""
    for table in TABLES:
        cursor.execute(f"DELETE FROM {table} WHERE day IN (SELECT day FROM stale_days){also}")
    _roll(cursor, conditions)


def _roll(cursor: duckdb.DuckDBPyConnection, conditions: Iterable[str]) -> None:
    columns = ", ".join(_ROLLED_JOBS)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE rolling_jobs AS SELECT {columns} FROM jobs_done LIMIT 0")
    for condition in conditions:
        cursor.execute(f"INSERT INTO rolling_jobs SELECT {columns} FROM jobs_done WHERE NOT is_parent AND {condition}")
    if not cursor.execute("SELECT 1 FROM rolling_jobs LIMIT 1").fetchall():
        return
    cursor.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE rolling_attempts AS
        SELECT j.*, a.job_key, a.attempt, {INSTANCE} AS instance_key, coalesce(a.shared, false) AS is_shared,
               coalesce({PLACED}, false) AS is_placed, a.end_reason IS NOT DISTINCT FROM 'reclaimed' AS is_reclaimed,
               coalesce(a.shared OR a.end_reason IN ('reclaimed', 'running'), false)
               OR a.instance_key IS NOT NULL AND a.instance_key IN (SELECT instance_key FROM notices) AS is_apart,
               {", ".join(f"a.{name}" for name in (*_OF_ATTEMPT, *ATTEMPT_VALUES))}
        FROM attempts_done a
        JOIN (SELECT job_key, date_trunc('day', stands_at)::TIMESTAMP AS day, {", ".join((*_OF_JOB, *JOB_VALUES))}
              FROM rolling_jobs) j
             USING (job_key)"""
    )
    cursor.execute(
        f"INSERT INTO apart_attempts BY NAME SELECT {', '.join(TABLES['apart_attempts'])} FROM rolling_attempts "
        "WHERE is_reclaimed OR (is_placed AND is_apart) ORDER BY is_reclaimed, day"
    )
    cursor.execute(_stays())
    cursor.execute(_bins())
    cursor.execute(
        f"INSERT INTO daily_money BY NAME SELECT {_job_keys()}, "
        f"{', '.join(f'{sql} AS {name}' for name, sql in MONEY.items())} "
        f"FROM rolling_jobs WHERE {ENDED_ON_SPOT} GROUP BY {_KEYS}"
    )
    cursor.execute("DROP TABLE rolling_jobs; DROP TABLE rolling_attempts")


def _stays() -> str:
    keys = f"{_KEYS}, {', '.join(_OF_ATTEMPT)}"
    return f"""
        INSERT INTO daily_stays BY NAME
        WITH alone AS (SELECT * FROM rolling_attempts WHERE is_placed AND NOT is_apart),
        parts AS (
            SELECT {keys}, used_on, hours, 0 AS useful, NULL::DOUBLE AS cost, NULL::DOUBLE AS done, ended_at
            FROM ({cut_days("alone", "ended_at", f"{keys}, ended_at")})
            UNION ALL
            SELECT {keys}, started_at::DATE, 0.0, 1, {COST}, {USEFUL}, ended_at FROM alone WHERE {IS_USEFUL}
        )
        SELECT {keys}, used_on, sum(hours) AS exposure_hours, sum(useful)::BIGINT AS useful_attempts,
               sum(cost) AS cost_usd, sum(done) AS useful_vcpu_hours, max(ended_at) AS last_at
        FROM parts GROUP BY {keys}, used_on"""


def cut_days(table: str, until: str, columns: str) -> str:
    """A query that cuts stretches of time at midnight: the columns, used_on (a date) and hours.

    Args:
        table: with started_at.
        until: its column of their ends.
        columns: of the table, that each part keeps.
    """
    hours = "(epoch_us({until}) - epoch_us({since})) / 3.6e9"
    part = hours.format(until=f"least({until}, midnight + INTERVAL 1 DAY)", since="greatest(started_at, midnight)")
    # Almost all lie within one day; only the others are cut.
    return f"""
        SELECT {columns}, started_at::DATE AS used_on, {hours.format(until=until, since="started_at")} AS hours
        FROM {table} WHERE started_at::DATE = {until}::DATE
        UNION ALL
        SELECT {columns}, midnight::DATE, {part}
        FROM (SELECT *, unnest(generate_series(started_at::DATE::TIMESTAMP, {until}, INTERVAL 1 DAY)) AS midnight
              FROM {table} WHERE started_at::DATE < {until}::DATE)"""


def _bins() -> str:
    of_attempt = f"{_KEYS}, {', '.join(_OF_ATTEMPT)}"
    of_job = f"{_job_keys()}, NULL AS instance_type, NULL AS availability_zone"
    alone = "FROM rolling_attempts WHERE is_placed AND NOT is_apart"
    wait, told = "waited_seconds", "checkpoint_interval_seconds"
    life = "greatest((epoch_us(ended_at) - epoch_us(started_at)) / 1e6, 1)"
    checkpointed = "CASE WHEN checkpoints_succeeded + checkpoints_failed > 0 THEN 'work' ELSE 'bare_work' END"
    counted = [
        f"SELECT {of_attempt}, 'life' AS kind, {life} AS number, false AS is_listed, NULL AS size {alone}",
        f"SELECT {of_attempt}, 'wait', {wait}, true, NULL {alone} AND attempt > 1 AND {wait} IS NOT NULL",
        f"SELECT {of_attempt}, 'told', {told}, true, NULL {alone} AND {told} IS NOT NULL",
        f"SELECT {of_job}, {checkpointed}, {WORK}, false, NULL FROM rolling_jobs WHERE {ENDED_ON_SPOT} AND {WORK} > 0",
        *(
            f"SELECT {of_job}, '{kind}', unnest({column}), true, "
            f"{'unnest(checkpoint_bytes)' if kind == 'checkpoint' else 'NULL'} FROM rolling_jobs WHERE {condition}"
            for kind, (column, condition) in LISTED.items()
        ),
    ]
    return f"""
        INSERT INTO daily_bins BY NAME
        SELECT {of_attempt}, kind, {BIN.format(value="number")} AS bin, {SIZE_CLASS.format(bytes="size")} AS size_class,
               count(*) AS amount, sum(number) AS total,
               list(number ORDER BY number) FILTER (is_listed) AS numbers
        FROM ({" UNION ALL ".join(counted)}) GROUP BY {of_attempt}, kind, bin, size_class ORDER BY kind, bin, day"""


def _job_keys() -> str:
    return "date_trunc('day', stands_at)::TIMESTAMP AS day, queue, status, purchase_option"


def stretches(times: list[datetime], near: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """First and last of the times, in order, that lie near each other: each stretch reads a small part of a table."""
    if not times:
        return
    first = last = times[0]
    for time in times[1:]:
        if time - last > near:
            yield first, last
            first = time
        last = time
    yield first, last
