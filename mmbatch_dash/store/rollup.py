"""Parts of totals of the ended jobs by hour, so that history of any length adds up in milliseconds.

A row of `rollup` holds the parts (see `aggregates`) of the jobs in `jobs_done` that were submitted, or
completed, in one hour of UTC, by queue, status and purchase option, and apart from those the parts of the jobs in
`jobs_removed`. `daily` holds by day what insight and durations need besides. Whoever changes jobs there says which in
the same transaction; their hours and days are rolled anew before it commits. So the tables always equal what grouping
the jobs would give, except while `stale_hours` is not empty: then nobody may use them.
"""

from datetime import timedelta

import duckdb

from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.selection import FILTERS
from mmbatch_dash.store.aggregates import COUNTS, SUMS, select_of_jobs
from mmbatch_dash.store.daily import daily_statements, roll_days, roll_every_day, stretches
from mmbatch_dash.store.queries.where import TIME_COLUMNS
from mmbatch_dash.store.tables import EVERY_SIDE, REMOVED

DIMENSIONS = tuple(name for name, declared in FILTERS.items() if declared.rolled)
PAST_SIDES = EVERY_SIDE[1:]
DEFER_OVER = 1_000
"""Stale hours beyond which rolling waits for the jobs that still wait to be costed: those touch all hours again."""

_VERSION = "3"
_HOUR = timedelta(hours=1)
_NEAR = timedelta(hours=48)


def rollup_statements() -> list[str]:
    """Statements that create the tables."""
    parts = ", ".join([*(f"{name} BIGINT" for name in COUNTS), *(f"{name} DOUBLE" for name in SUMS)])
    dimensions = ", ".join([*(f"{name} VARCHAR" for name in DIMENSIONS), "is_removed BOOLEAN"])
    times = "hour TIMESTAMP, first_at TIMESTAMP, last_at TIMESTAMP"
    return [
        f"CREATE TABLE IF NOT EXISTS rollup (basis VARCHAR, {times}, {dimensions}, {parts})",
        "CREATE TABLE IF NOT EXISTS stale_hours (basis VARCHAR, hour TIMESTAMP)",
        *daily_statements(),
    ]


def is_current(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether the rollup says what the jobs in the past say; ask in the transaction that uses it."""
    sql = (
        "SELECT (SELECT count(*) FROM stale_hours) = 0 "
        f"AND (SELECT count(*) FROM meta WHERE name = 'rollup' AND value = '{_VERSION}') = 1"
    )
    return bool(cursor.execute(sql).fetchall()[0][0])


def has_removed(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Whether there are jobs in the totals that are in no list any more."""
    return bool(cursor.execute(f"SELECT 1 FROM jobs_{REMOVED} LIMIT 1").fetchall())


def roll_everything(cursor: duckdb.DuckDBPyConnection) -> None:
    """Makes the rollup anew, in the caller's transaction."""
    cursor.execute("DROP TABLE IF EXISTS rollup")
    for statement in rollup_statements():
        cursor.execute(statement)
    for basis, column in TIME_COLUMNS.items():
        _roll(cursor, basis, column, "true")
    roll_every_day(cursor)
    cursor.execute("DELETE FROM stale_hours")
    cursor.execute("DELETE FROM meta WHERE name = 'rollup'")
    cursor.execute(f"INSERT INTO meta VALUES ('rollup', '{_VERSION}')")


def roll_where_missing(cursor: duckdb.DuckDBPyConnection) -> None:
    """Makes the rollup of a store that has none, or one of another version."""
    known = cursor.execute("SELECT value FROM meta WHERE name = 'rollup'").fetchall()
    if known != [(_VERSION,)]:
        roll_everything(cursor)


def mark_stale(cursor: duckdb.DuckDBPyConnection, keys: str, side: str = "done") -> None:
    """Notes the hours of jobs that enter, leave or change in `jobs_done` or `jobs_removed`.

    Args:
        cursor: in the transaction of the change.
        keys: a table with their job_key.
        side: where their rows are at the moment.
    """
    hours = " UNION ".join(
        f"SELECT '{basis}', date_trunc('hour', {column}) FROM moved" for basis, column in TIME_COLUMNS.items()
    )
    cursor.execute(
        f"INSERT INTO stale_hours WITH moved AS MATERIALIZED (SELECT {', '.join(TIME_COLUMNS.values())} "
        f"FROM jobs_{side} SEMI JOIN {keys} USING (job_key)) {hours}"
    )


def roll_stale(cursor: duckdb.DuckDBPyConnection) -> None:
    """Rolls the hours noted by `mark_stale` anew, in the same transaction."""
    if not (stale := cursor.execute("SELECT DISTINCT basis, hour FROM stale_hours").fetchall()):
        return
    if len(stale) > DEFER_OVER and cursor.execute("SELECT 1 FROM pending_jobs LIMIT 1").fetchall():
        return
    cursor.execute(
        "DELETE FROM rollup USING stale_hours s "
        "WHERE rollup.basis = s.basis AND rollup.hour IS NOT DISTINCT FROM s.hour"
    )
    for basis, column in TIME_COLUMNS.items():
        hours = [hour for stale_basis, hour in stale if stale_basis == basis]
        if None in hours:
            _roll(cursor, basis, column, f"{column} IS NULL")
        for first, last in stretches(sorted(hour for hour in hours if hour), _NEAR):
            _roll(
                cursor,
                basis,
                column,
                f"{column} >= TIMESTAMP '{first}' AND {column} < TIMESTAMP '{last + _HOUR}' AND date_trunc('hour', "
                f"{column}) IN (SELECT hour FROM stale_hours WHERE basis = '{basis}' AND hour IS NOT NULL)",
            )
    roll_days(cursor, (hour and hour.replace(hour=0) for basis, hour in stale if basis == Basis.SUBMITTED))
    cursor.execute("DELETE FROM stale_hours")


def _roll(cursor: duckdb.DuckDBPyConnection, basis: Basis, column: str, condition: str) -> None:
    for side in PAST_SIDES if has_removed(cursor) else PAST_SIDES[:1]:
        cursor.execute(
            f"INSERT INTO rollup BY NAME SELECT '{basis}' AS basis, date_trunc('hour', {column}) AS hour, "
            f"min({column}) AS first_at, max({column}) AS last_at, {', '.join(DIMENSIONS)}, "
            f"{side == REMOVED} AS is_removed, {select_of_jobs()} "
            f"FROM jobs_{side} WHERE NOT is_parent AND {condition} GROUP BY ALL"
        )
