"""Rows of the selected jobs in any order: by page after a place, or by offset for a grid that scrolls.

The place of a page is found with the sorted column and the id alone, each table of the pair giving at most a page of
candidates; only the rows of the page are then read in full. So the width of a row costs nothing in finding it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from mmbatch_dash.domain.errors import InvalidFilter, InvalidInput
from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.domain.paging import Place, Sort, read_cursor, write_cursor
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.job_fields import JOB_FIELD, JOB_FIELDS, Shape
from mmbatch_dash.store.queries.rows import Row, fetch_rows
from mmbatch_dash.store.queries.where import Condition, select_jobs, to_stored
from mmbatch_dash.store.tables import SIDES

DEEP = 3_000
"""Offsets from here on are reached from a landmark instead of by sorting all rows before them."""
_SAMPLE = 50_000
_PYTHON_TYPES: dict[Shape, tuple[type, ...]] = {
    Shape.TEXT: (str,),
    Shape.NUMBER: (int, float),
    Shape.WHOLE: (int,),
    Shape.INSTANT: (str,),
    Shape.FLAG: (bool,),
}


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some rows of a list of jobs.

    Attributes:
        rows: in order.
        next: cursor for the rows after these; None where there are none now.
    """

    rows: list[Row]
    next: str | None


def fetch_job_page(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, sort: Sort, *, limit: int, after: str | None = None
) -> JobPage:
    """The rows after a place. Neither skips nor repeats a job whose sorted value stays while others come and go.

    Raises:
        InvalidFilter: `after` is not a cursor of this order.
    """
    condition = select_jobs(selection)
    if after:
        beyond = _beyond(sort, read_cursor(after, sort))
        condition = Condition(f"{condition.sql} AND {beyond.sql}", [*condition.parameters, *beyond.parameters])
    rows = _fetch(cursor, condition, sort, [field.name for field in JOB_FIELDS], offset=0, limit=limit + 1)
    following = write_cursor(sort, _place_of(rows[limit - 1], sort)) if len(rows) > limit else None
    return JobPage(rows[:limit], following)


def fetch_job_block(
    cursor: duckdb.DuckDBPyConnection,
    selection: Selection,
    sort: Sort,
    *,
    offset: int,
    limit: int,
    columns: Sequence[str] | None = None,
) -> list[Row]:
    """The rows from an offset on.

    Args:
        cursor: where to ask.
        selection: which jobs.
        sort: in which order.
        offset: how many rows to pass over.
        limit: how many rows at most.
        columns: those to read, job_id always among them; None reads all.
    """
    names = [field.name for field in JOB_FIELDS] if columns is None else list(dict.fromkeys(["job_id", *columns]))
    condition = select_jobs(selection)
    if offset >= DEEP:
        condition, offset = _skip_ahead(cursor, condition, sort, offset)
    return _fetch(cursor, condition, sort, names, offset=offset, limit=limit)


def count_jobs(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> int:
    """How many jobs the selection has."""
    condition = select_jobs(selection)
    row = cursor.execute(f"SELECT count(*) FROM jobs WHERE {condition.sql}", condition.parameters).fetchone()
    return int(row[0]) if row else 0


def _skip_ahead(
    cursor: duckdb.DuckDBPyConnection, condition: Condition, sort: Sort, offset: int
) -> tuple[Condition, int]:
    """The condition and the offset that are left from a landmark shortly before the offset.

    The landmark comes from a sample by the hash of the id, its exact rank from counting the rows up to it.
    """
    row = cursor.execute(f"SELECT count(*) FROM jobs WHERE {condition.sql}", condition.parameters).fetchone()
    every = max(1, (int(row[0]) if row else 0) // _SAMPLE)
    expected = offset / every
    # Four standard deviations before it: landing behind the offset would be of no use.
    before = int(expected - 4 * math.sqrt(expected))
    column, direction = JOB_FIELD[sort.column].sql, "DESC" if sort.descending else "ASC"
    landmark = cursor.execute(
        f"SELECT {column}, job_id FROM jobs WHERE {condition.sql} AND job_key % {every} = 0 "
        f"ORDER BY {column} {direction} NULLS LAST, job_id LIMIT 1 OFFSET {max(0, before)}",
        condition.parameters,
    ).fetchone()
    if before < 1 or landmark is None:
        return condition, offset
    beyond = _after_value(sort, landmark[0], landmark[1])
    rest = Condition(f"{condition.sql} AND {beyond.sql}", [*condition.parameters, *beyond.parameters])
    passed = cursor.execute(f"SELECT count(*) FROM jobs WHERE {rest.sql}", rest.parameters).fetchone()
    left = offset - (int(row[0]) - int(passed[0])) if row and passed else -1
    return (rest, left) if left >= 0 else (condition, offset)


def _fetch(
    cursor: duckdb.DuckDBPyConnection,
    condition: Condition,
    sort: Sort,
    columns: Sequence[str],
    *,
    offset: int,
    limit: int,
) -> list[Row]:
    column = JOB_FIELD[sort.column].sql
    direction = "DESC" if sort.descending else "ASC"
    most = int(offset) + int(limit)
    candidates = " UNION ALL ".join(
        f"(SELECT '{side}' AS side, rowid AS row_no, {column} AS sorted, job_id AS tie FROM jobs_{side} "
        f"WHERE {condition.sql} ORDER BY sorted {direction} NULLS LAST, tie LIMIT {most})"
        for side in SIDES
    )
    names = ", ".join(f"j.{JOB_FIELD[name].sql}" for name in columns)
    whole = " UNION ALL ".join(
        f"SELECT {names}, j.{column} AS sorted, j.job_id AS tie FROM jobs_{side} j "
        f"WHERE j.rowid IN (SELECT row_no FROM chosen WHERE side = '{side}')"
        for side in SIDES
    )
    # One statement, because rows move between the two tables from one transaction to the next.
    sql = f"""
        WITH chosen AS MATERIALIZED (
            SELECT side, row_no FROM ({candidates})
            ORDER BY sorted {direction} NULLS LAST, tie LIMIT {int(limit)} OFFSET {int(offset)})
        SELECT * EXCLUDE (sorted, tie) FROM ({whole}) ORDER BY sorted {direction} NULLS LAST, tie"""
    return fetch_rows(cursor, sql, condition.parameters * 2)


def _beyond(sort: Sort, place: Place) -> Condition:
    return _after_value(sort, _stored_value(sort, place), place.row_id)


def _after_value(sort: Sort, value: Any, job_id: str) -> Condition:
    column = JOB_FIELD[sort.column].sql
    if value is None:
        return Condition(f"({column} IS NULL AND job_id > ?)", [job_id])
    further = "<" if sort.descending else ">"
    return Condition(
        f"({column} {further} ? OR ({column} = ? AND job_id > ?) OR {column} IS NULL)", [value, value, job_id]
    )


def _stored_value(sort: Sort, place: Place) -> Any:
    if place.value is None:
        return None
    shape = JOB_FIELD[sort.column].shape
    # bool is an int to Python, not to SQL.
    fits = isinstance(place.value, _PYTHON_TYPES[shape]) and (isinstance(place.value, bool) == (shape is Shape.FLAG))
    if not fits or (isinstance(place.value, int) and abs(place.value) >= 2**63):
        raise InvalidFilter(f"holds no value of {sort.column}; take it from `next` of the page before", field="after")
    if shape is Shape.INSTANT:
        try:
            return to_stored(parse_instant(str(place.value)))
        except InvalidInput as error:
            raise InvalidFilter(f"holds no time: {error}", field="after") from None
    return place.value


def _place_of(row: Row, sort: Sort) -> Place:
    value = row[sort.column]
    return Place(to_iso(value) if isinstance(value, datetime) else value, row["job_id"])
