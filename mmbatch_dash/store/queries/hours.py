"""A selection on what is rolled up: whole hours or days of UTC from there, the ragged ends of the range job by job."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import duckdb

from mmbatch_dash.domain.choices import Basis
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.where import Condition, any_of, select_jobs, to_stored
from mmbatch_dash.store.rollup import DIMENSIONS, is_current

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Hours(NamedTuple):
    """The jobs of a selection that are in history.

    Attributes:
        condition: their rows of what is rolled up.
        ends: selections of the jobs that are not in those rows, each less than an hour, or a day, long.
    """

    condition: Condition
    ends: list[Selection]


def select_hours(selection: Selection) -> Hours | None:
    """The selection as hours of `rollup`; None where that cannot tell its jobs from others."""
    return _cut(selection, "hour", _HOUR, Condition("basis = ?", [selection.basis.value]))


def select_days(selection: Selection) -> Hours | None:
    """The selection as days of the tables of `daily`; None where those cannot tell its jobs from others."""
    return _cut(selection, "day", _DAY, Condition("true", [])) if selection.basis is Basis.SUBMITTED else None


def find_days(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> Hours | None:
    """The same where the tables of `daily` are up to date; ask in the transaction that uses them."""
    return select_days(selection) if is_current(cursor) else None


def select_rest(selection: Selection, days: Hours | None) -> list[tuple[str, Condition]]:
    """Where the listed jobs of a selection are that are in none of its days: tables, each with its condition."""
    if days is None:
        return [("jobs", select_jobs(selection))]
    return [("jobs_live", select_jobs(selection)), *(("jobs_done", select_jobs(end)) for end in days.ends)]


def _cut(selection: Selection, column: str, width: timedelta, also: Condition) -> Hours | None:
    asked = selection.active()
    if not asked.keys() <= set(DIMENSIONS):
        return None
    first, last = selection.from_at, selection.to_at
    lower = _start(first + width - timedelta(microseconds=1), width) if first else None
    upper = _start(last, width) if last else None
    if lower and upper and lower >= upper:
        return None
    parts, parameters = [also.sql], [*also.parameters]
    for edge, sign in ((lower, ">="), (upper, "<")):
        if edge:
            parts.append(f"{column} {sign} ?")
            parameters.append(to_stored(edge))
    parts += [any_of(name, chosen, parameters) for name, chosen in asked.items()]
    pieces = [(first, lower), (upper, last)]
    ends = [
        selection.model_copy(update={"from_at": start, "to_at": end})
        for start, end in pieces
        if start and end and start < end
    ]
    return Hours(Condition(" AND ".join(parts), parameters), ends)


def _start(at: datetime, width: timedelta) -> datetime:
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if width == _HOUR else hour.replace(hour=0)
