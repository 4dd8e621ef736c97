"""The values a reader can filter by."""

import duckdb

from mmbatch_dash.domain.errors import Rebuilding
from mmbatch_dash.domain.filters import UNKNOWN, Match
from mmbatch_dash.domain.selection import FILTERS
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.where import expression
from mmbatch_dash.store.tables import SIDES

MOST_VALUES = 1000
LATEST = 100_000


def fetch_choices(cursor: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Filter name → its known values, sorted, UNKNOWN last where some job lacks it; the most used of each.

    Tags come as KEY and KEY:VALUE, read from the latest hundred thousand jobs of each table.
    """
    choices = {}
    for name, declared in FILTERS.items():
        if not declared.menu or declared.match is not Match.VALUE:
            continue
        rows = cursor.execute(
            f"SELECT {expression(declared)}, count(*) FROM jobs WHERE NOT is_parent "
            f"GROUP BY 1 ORDER BY 2 DESC LIMIT {MOST_VALUES}"
        ).fetchall()
        values = sorted(str(value) for value, _ in rows if value is not None)
        choices[name] = values + ([UNKNOWN] if any(value is None for value, _ in rows) else [])
    recent = " UNION ALL ".join(f"SELECT tags FROM jobs_{side} WHERE {_latest(cursor, side)}" for side in SIDES)
    rows = cursor.execute(
        f"SELECT tag.key, tag.value, count(*) AS n FROM (SELECT unnest(map_entries(tags)) AS tag FROM ({recent})) "
        f"GROUP BY ALL ORDER BY n DESC LIMIT {MOST_VALUES}"
    ).fetchall()
    keys = sorted({str(key) for key, _, _ in rows})
    choices["tag"] = keys + sorted(f"{key}:{value}" for key, value, _ in rows)
    return choices


def read_choices(database: Database) -> dict[str, list[str]]:
    """The same of what is shown; no values where there is nothing to read yet."""
    try:
        with database.cursor() as cursor:
            return fetch_choices(cursor)
    except Rebuilding:
        names = [name for name, declared in FILTERS.items() if declared.menu and declared.match is Match.VALUE]
        return {name: [] for name in (*names, "tag")}


def _latest(cursor: duckdb.DuckDBPyConnection, side: str) -> str:
    # Sorting by rowid would read the tags of all history; a bound on it reads the last part only.
    last = cursor.execute(f"SELECT max(rowid) FROM jobs_{side}").fetchall()[0][0] or 0
    return f"rowid > {last - LATEST}"
