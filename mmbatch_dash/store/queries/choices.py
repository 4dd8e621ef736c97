"""The values a reader can filter by."""

import duckdb

from mmbatch_dash.domain.errors import Rebuilding
from mmbatch_dash.domain.filters import UNKNOWN, Match
from mmbatch_dash.domain.selection import FILTERS
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.where import expression
from mmbatch_dash.store.tables import SIDES

MOST_VALUES = 200
"""Values of a filter that are offered at once: those of the most jobs. Others are found by typing."""
MOST_FOUND = 100
LATEST = 100_000


def fetch_choices(cursor: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Filter name → its known values, sorted, UNKNOWN last where some job lacks it; the most used of each.

    Tags come as KEY and KEY:VALUE, read from the latest hundred thousand jobs of each table.
    """
    return {name: _fetch(cursor, name, "", MOST_VALUES) for name, declared in FILTERS.items() if declared.menu}


def search_choices(cursor: duckdb.DuckDBPyConnection, name: str, text: str) -> list[str]:
    """Values of one filter that hold a text, whatever its case: the most used, sorted as `fetch_choices` does."""
    return _fetch(cursor, name, text, MOST_FOUND)


def read_choices(database: Database) -> dict[str, list[str]]:
    """The choices of what is shown; no values where there is nothing to read yet."""
    try:
        with database.cursor() as cursor:
            return fetch_choices(cursor)
    except Rebuilding:
        return {name: [] for name, declared in FILTERS.items() if declared.menu}


def _fetch(cursor: duckdb.DuckDBPyConnection, name: str, text: str, most: int) -> list[str]:
    declared = FILTERS[name]
    if declared.match is Match.TAG:
        return _fetch_tags(cursor, text, most)
    value = expression(declared)
    sought, parameters = (f"contains(lower({value}), lower(?))", [text]) if text else ("true", [])
    rows = cursor.execute(
        f"SELECT {value}, count(*) FROM jobs WHERE NOT is_parent AND {sought} GROUP BY 1 ORDER BY 2 DESC LIMIT {most}",
        parameters,
    ).fetchall()
    values = sorted(str(value) for value, _ in rows if value is not None)
    return values + ([UNKNOWN] if any(value is None for value, _ in rows) else [])


def _fetch_tags(cursor: duckdb.DuckDBPyConnection, text: str, most: int) -> list[str]:
    recent = " UNION ALL ".join(f"SELECT tags FROM jobs_{side} WHERE {_latest(cursor, side)}" for side in SIDES)
    sought, parameters = ("contains(lower(said), lower(?))", [text]) if text else ("true", [])
    # Keys and pairs apart: each has its own most used ones.
    found = []
    for said in ("tag.key", "tag.key || ':' || tag.value"):
        rows = cursor.execute(
            f"SELECT said, count(*) AS n FROM (SELECT {said} AS said FROM (SELECT unnest(map_entries(tags)) AS tag "
            f"FROM ({recent}))) WHERE {sought} GROUP BY said ORDER BY n DESC, said LIMIT {most}",
            parameters,
        ).fetchall()
        found += sorted(str(said) for said, _ in rows if said is not None)
    return found


def _latest(cursor: duckdb.DuckDBPyConnection, side: str) -> str:
    # Sorting by rowid would read the tags of all history; a bound on it reads the last part only.
    last = cursor.execute(f"SELECT max(rowid) FROM jobs_{side}").fetchall()[0][0] or 0
    return f"rowid > {last - LATEST}"
