"""Writing what a batch derived: into the live tables, and what has ended out of them."""

from functools import partial

import duckdb

from mmbatch_dash.domain.figures import FIGURE
from mmbatch_dash.domain.flags import INSTANCE_SHARED
from mmbatch_dash.store.figure_sql import FigureSql, compile_figures, priced_figures
from mmbatch_dash.store.fold.declared import Step, read_script, run_text
from mmbatch_dash.store.rollup import mark_stale
from mmbatch_dash.store.tables import DERIVED, EVERY_SIDE, KEPT_OF_REMOVED, PAIRS, REMOVED, SIDES, quoted

RETIRE_AT = 20_000
"""Ended jobs kept among the live ones, where a late event finds them cheaply, before they move to history."""

_RATE_COLUMNS = (
    "shared",
    "share",
    "regular_usd_per_hour",
    "usd_per_hour",
    "rate_source",
    "price_at",
    "on_demand_usd_per_hour",
    "on_demand_price_at",
    "on_demand_source",
)
_ALL = compile_figures(FIGURE)
_PRICED = compile_figures(priced_figures())
_FOUND_AGAIN = (*_PRICED.columns, "open_usd_per_hour", "assumed_hours")
_NO_PARTS = "(SELECT NULL::UBIGINT AS job_key LIMIT 0)"
_LIVE, _DONE = (tuple(f"{table}_{side}" for table in PAIRS) for side in SIDES)
_GONE = tuple(f"{table}_{REMOVED}" for table in KEPT_OF_REMOVED)
_COSTED = tuple(f"{table}_{side}" for table in ("attempts", "jobs") for side in EVERY_SIDE)


def write_steps(retire_at: int) -> tuple[Step, ...]:
    """The steps that move rows between the live tables and history, and write what was derived.

    Args:
        retire_at: how many ended jobs stay among the live ones.
    """
    return (
        Step(
            "44_reopened",
            reopen_done,
            reads=("touched", *_DONE, *_GONE),
            changes=(*_LIVE, *_DONE, *_GONE, "stale_hours"),
            when="rows(touched)",
        ),
        Step(
            "90_written",
            write_touched,
            reads=(
                *("touched", "new_jobs", "new_attempts", "new_checkpoints", "new_restores", "outcomes"),
                *("attempt_terms", "rated", "pricing", "attempts_live", "jobs_live"),
            ),
            changes=tuple(f"{table}_live" for table in DERIVED),
            when="rows(touched)",
        ),
        Step(
            "91_recosted",
            write_untouched,
            reads=("touched", "rated", "pricing", *_COSTED),
            changes=(*_COSTED, "stale_hours"),
            when="neighbours",
        ),
        Step(
            "95_retired",
            partial(retire_ended, limit=retire_at),
            reads=("touched", *_LIVE),
            changes=(*_LIVE, *_DONE, "stale_hours"),
            when="rows(touched)",
        ),
    )


def reopen_done(cursor: duckdb.DuckDBPyConnection) -> None:
    """Moves the ended jobs that are touched again, with all that is kept of them, back to the live tables."""
    for side, tables in (("done", tuple(PAIRS)), (REMOVED, KEPT_OF_REMOVED)):
        past = f"SELECT job_key FROM jobs_{side} SEMI JOIN touched USING (job_key)"
        run_text(cursor, f"CREATE OR REPLACE TEMP TABLE reopened AS {past}")
        if not _count(cursor, "reopened"):
            continue
        mark_stale(cursor, "reopened", side)
        for table in tables:
            move_rows(cursor, table, "reopened", side, "live")


def move_rows(cursor: duckdb.DuckDBPyConnection, table: str, keys: str, old: str, new: str, order: str = "") -> None:
    """Moves the rows of some jobs from one side of a table to another.

    Args:
        cursor: in the transaction of the change.
        table: one of PAIRS.
        keys: a table with the job_key of the jobs.
        old: where their rows are.
        new: where they go.
        order: in which they are written there.
    """
    names = quoted(PAIRS[table])
    run_text(
        cursor, f"INSERT INTO {table}_{new} SELECT {names} FROM {table}_{old} SEMI JOIN {keys} USING (job_key) {order}"
    )
    run_text(cursor, f"DELETE FROM {table}_{old} USING {keys} k WHERE {table}_{old}.job_key = k.job_key")


def write_touched(cursor: duckdb.DuckDBPyConnection) -> None:
    """Replaces the rows of the touched jobs by what was derived."""
    if _count(cursor, "jobs_live SEMI JOIN touched USING (job_key)"):
        for table in DERIVED:
            run_text(cursor, f"DELETE FROM {table}_live USING touched t WHERE {table}_live.job_key = t.job_key")
    run_text(cursor, "INSERT INTO checkpoints_live BY NAME SELECT * FROM new_checkpoints")
    run_text(cursor, "INSERT INTO restores_live BY NAME SELECT * FROM new_restores")
    run_text(
        cursor,
        "INSERT INTO attempts_live BY NAME "
        "SELECT n.* EXCLUDE (is_latest, host_terminated), o.outcome, t.* EXCLUDE (job_key, attempt), "
        "r.* EXCLUDE (job_key, attempt) FROM new_attempts n LEFT JOIN outcomes o USING (job_key, attempt) "
        "LEFT JOIN attempt_terms t USING (job_key, attempt) LEFT JOIN rated r USING (job_key, attempt)",
    )
    attempts = "(SELECT * FROM attempts_live SEMI JOIN touched USING (job_key))"
    _figure(cursor, _ALL, "new_jobs", attempts, checkpoints="new_checkpoints", restores="new_restores")
    counts = ", ".join(
        f"coalesce(n.{name}, 0)::INTEGER AS {name}"
        for name in PAIRS["jobs"]
        if name.startswith(("checkpoints_", "restores_", "protections_")) or name == "attempts"
    )
    run_text(
        cursor,
        "INSERT INTO jobs_live BY NAME "
        f"SELECT n.* REPLACE ({counts}, coalesce(n.has_run, false) AS has_run, "
        "coalesce(n.has_ended_attempt, false) AS has_ended_attempt, "
        f"CASE WHEN f.shared THEN list_append(n.flags, '{INSTANCE_SHARED}') ELSE n.flags END AS flags), "
        "f.* EXCLUDE (job_key, shared) FROM new_jobs n LEFT JOIN figured f USING (job_key)",
    )


def write_untouched(cursor: duckdb.DuckDBPyConnection) -> None:
    """Updates rates and costs of other jobs that a price, a free hour or a neighbour changed."""
    run_text(
        cursor,
        "CREATE OR REPLACE TEMP TABLE recosted AS "
        "SELECT DISTINCT job_key FROM rated WHERE job_key NOT IN (SELECT job_key FROM touched)",
    )
    if not _count(cursor, "recosted"):
        return
    rates = ", ".join(f"{name} = rated.{name}" for name in _RATE_COLUMNS)
    figures = ", ".join(f"{name} = figured.{name}" for name in _FOUND_AGAIN)
    for side in EVERY_SIDE:
        run_text(
            cursor,
            f"CREATE OR REPLACE TEMP TABLE cost_base AS SELECT * FROM jobs_{side} SEMI JOIN recosted USING (job_key)",
        )
        if not _count(cursor, "cost_base"):
            continue
        if side != "live":
            mark_stale(cursor, "cost_base", side)
        run_text(
            cursor,
            f"UPDATE attempts_{side} SET {rates} FROM rated "
            f"WHERE attempts_{side}.job_key = rated.job_key AND attempts_{side}.attempt = rated.attempt "
            "AND rated.job_key IN (SELECT job_key FROM cost_base)",
        )
        _figure(cursor, _PRICED, "cost_base", f"(SELECT * FROM attempts_{side} SEMI JOIN cost_base USING (job_key))")
        run_text(
            cursor,
            f"UPDATE jobs_{side} SET {figures}, flags = CASE WHEN figured.shared "
            f"THEN list_append(list_filter(flags, lambda x: x <> '{INSTANCE_SHARED}'), '{INSTANCE_SHARED}') "
            f"ELSE list_filter(flags, lambda x: x <> '{INSTANCE_SHARED}') END "
            f"FROM figured WHERE jobs_{side}.job_key = figured.job_key",
        )


def retire_ended(cursor: duckdb.DuckDBPyConnection, limit: int) -> None:
    """Moves ended jobs that this batch did not touch to history, once there are enough of them to be worth it."""
    ended = "SELECT job_key FROM jobs_live WHERE status IN ('SUCCEEDED', 'FAILED')"
    if _count(cursor, f"({ended})") <= limit:
        return
    run_text(
        cursor, f"CREATE OR REPLACE TEMP TABLE retired AS {ended} AND job_key NOT IN (SELECT job_key FROM touched)"
    )
    mark_stale(cursor, "retired", "live")
    for table in PAIRS:
        move_rows(cursor, table, "retired", "live", "done", "ORDER BY submitted_at" if table == "jobs" else "")


def _figure(
    cursor: duckdb.DuckDBPyConnection,
    made: FigureSql,
    base: str,
    attempts: str,
    *,
    checkpoints: str = _NO_PARTS,
    restores: str = _NO_PARTS,
) -> None:
    """Finds figures of the jobs in `base` from their parts. Out: table figured."""
    script = read_script("85_figures")
    lists = {f"of_{table}": made.sums_of(table) for table in made.sums} | {"figures": made.figures()}
    parts = {"base": base, "attempts": attempts, "checkpoints": checkpoints, "restores": restores}
    for name, text in (lists | parts).items():
        script = script.replace(f"${name}", text)
    run_text(cursor, script)


def _count(cursor: duckdb.DuckDBPyConnection, table: str) -> int:
    run_text(cursor, f"SELECT count(*) FROM {table}")
    return int(cursor.fetchall()[0][0])
