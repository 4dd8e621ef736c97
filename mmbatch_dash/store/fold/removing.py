"""Moving jobs whose time to be kept is over out of the lists, and back where they are to be kept longer after all.

They stay in the totals, and what was told of them stays too, so that a late event finds all that was said before.
"""

from datetime import UTC, datetime

import duckdb

from mmbatch_dash.store.database import get_meta, set_meta
from mmbatch_dash.store.fold.write import move_rows
from mmbatch_dash.store.queries.where import to_stored
from mmbatch_dash.store.rollup import mark_stale
from mmbatch_dash.store.tables import KEPT_OF_REMOVED, PAIRS, REMOVED, SIDES

REMOVED_BEFORE = "removed_before"
"""Name of the note of the time before which ended jobs are out of the lists."""
CHUNK = 20_000
_ENDED_AT = "coalesce(completed_at, updated_at)"


def removed_before(cursor: duckdb.DuckDBPyConnection) -> datetime | None:
    """The time before which jobs that ended are out of the lists; None where all are kept."""
    stored = get_meta(cursor, REMOVED_BEFORE)
    return datetime.fromisoformat(stored) if stored else None


def note_removal(cursor: duckdb.DuckDBPyConnection, before: datetime | None) -> None:
    """Notes from when on jobs are kept, in the caller's transaction; those to be kept again wait to be derived anew."""
    was = removed_before(cursor)
    if before == was:
        return
    set_meta(cursor, REMOVED_BEFORE, before.astimezone(UTC).isoformat() if before else "")
    if was is not None and (before is None or before < was):
        kept, parameters = (f"{_ENDED_AT} >= ?", [to_stored(before)]) if before else ("true", [])
        cursor.execute(f"INSERT INTO pending_jobs SELECT job_key, true FROM jobs_{REMOVED} WHERE {kept}", parameters)


def remove_chunk(cursor: duckdb.DuckDBPyConnection, before: datetime, limit: int = CHUNK) -> bool:
    """Whether there were jobs to remove; the next ones are, in the caller's transaction."""
    found = False
    for side in SIDES:
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE gone AS SELECT job_key FROM jobs_{side} "
            f"WHERE status IN ('SUCCEEDED', 'FAILED') AND {_ENDED_AT} < ? "
            f"AND job_key NOT IN (SELECT job_key FROM pending_jobs) LIMIT {limit}",
            [to_stored(before)],
        )
        if not cursor.execute("SELECT 1 FROM gone LIMIT 1").fetchall():
            continue
        found = True
        mark_stale(cursor, "gone", side)
        for table in PAIRS:
            if table in KEPT_OF_REMOVED:
                move_rows(cursor, table, "gone", side, REMOVED)
            else:
                cursor.execute(f"DELETE FROM {table}_{side} USING gone g WHERE {table}_{side}.job_key = g.job_key")
    return found
