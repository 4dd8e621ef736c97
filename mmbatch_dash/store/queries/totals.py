"""Totals of the selected jobs, grouped: the one reduction that every headline, table and chart is made of."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import duckdb
import pandas as pd

from mmbatch_dash.domain.buckets import BucketUnit, suit_bucket
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.groupings import Grouping
from mmbatch_dash.domain.selection import FILTERS, Selection
from mmbatch_dash.store.aggregates import APPLICABLE, COUNTED, PARTS, select_of_jobs, select_of_parts
from mmbatch_dash.store.queries.buckets import bucket_start, has_whole_hours
from mmbatch_dash.store.queries.hours import select_hours
from mmbatch_dash.store.queries.where import TIME_COLUMNS, Condition, expression, select_jobs
from mmbatch_dash.store.rollup import DIMENSIONS, has_removed, is_current

JOB_COUNTS = ("jobs", "completed_jobs", "running_jobs")
TOTAL_COLUMNS = (
    *JOB_COUNTS,
    *COUNTED,
    *(f"{name}{part}" for name in TOTALLED for part in ("", "_known", "_applicable")),
    "ended_hours",
    "assumed_hours",
    *(name for name in dict.fromkeys(APPLICABLE.values()) if name not in JOB_COUNTS),
    "shared_jobs",
)


@dataclass(frozen=True, slots=True)
class Buckets:
    """How the selected time range is cut.

    Attributes:
        unit: width of a bucket.
        first: earliest time in the selection.
        last: latest time in the selection.
    """

    unit: BucketUnit
    first: datetime
    last: datetime


def fetch_buckets(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> Buckets:
    """How to cut the selection's time range: as given, or from the first to the last job where it is open."""
    first, last = selection.from_at, selection.to_at
    if first is None or last is None:
        column = TIME_COLUMNS[selection.basis]
        edges = f"SELECT min({column}), max({column}) FROM known_jobs WHERE NOT is_parent"
        if is_current(cursor):
            edges = (
                f"SELECT min(first_at), max(last_at) FROM (SELECT {column} AS first_at, {column} AS last_at "
                "FROM jobs_live WHERE NOT is_parent UNION ALL "
                f"SELECT first_at, last_at FROM rollup WHERE basis = '{selection.basis.value}')"
            )
        row = cursor.execute(edges).fetchall()[0]
        known = [at.replace(tzinfo=UTC) if at else None for at in row]
        first = first or known[0] or last or datetime(2000, 1, 1, tzinfo=UTC)
        last = last or known[1] or first
    return Buckets(suit_bucket(max(last, first) - first), first, max(last, first))


def fetch_totals(
    cursor: duckdb.DuckDBPyConnection,
    selection: Selection,
    *,
    by: Grouping | None = None,
    buckets: Buckets | None = None,
) -> pd.DataFrame:
    """Totals of the selected jobs, one row a group.

    Args:
        cursor: where to ask, in one transaction with whatever else must agree.
        selection: which jobs.
        by: what to group by, cut by time aside; None for no grouping.
        buckets: cut by time too, or None.

    Returns:
        Columns `bucket` (local wall clock start, NaT where a job lacks that time) when cut by time, `key`
        (None where a job lacks it) when grouped, and TOTAL_COLUMNS: each figure as the sum over the jobs
        where it is known (NaN where none is), `_known` and `_applicable` as numbers of jobs. No row order.
        Without any grouping one row, also for an empty selection.
    """
    branches = _branches(cursor, selection, by, buckets)
    union, parameters = [], list[Any]()
    for branch in branches:
        columns, needed = _groups(branch.time, selection, by, buckets)
        grouping = " GROUP BY ALL" if columns else ""
        union.append(
            f"SELECT {', '.join([*columns, branch.parts])} FROM {branch.table} WHERE {branch.condition.sql}{grouping}"
        )
        parameters += [*needed, *branch.condition.parameters]
    names = [name for name, asked in (("bucket", buckets), ("key", by)) if asked is not None]
    grouping = f" GROUP BY {', '.join(names)}" if names else ""
    sql = f"SELECT {', '.join([*names, select_of_parts()])} FROM ({' UNION ALL '.join(union)}){grouping}"
    return _with_applicable(cursor.execute(sql, parameters).df())


class _Branch(NamedTuple):
    """Rows that take part in totals, and how they are reduced."""

    table: str
    time: str
    parts: str
    condition: Condition


def _branches(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, by: Grouping | None, buckets: Buckets | None
) -> list[_Branch]:
    """Hours of history from the rollup, and job by job what is live or lies at the ragged ends of the range."""
    column = TIME_COLUMNS[selection.basis]
    jobs = _Branch("jobs", column, select_of_jobs(), select_jobs(selection))
    if counts_removed(selection, by) and has_removed(cursor):
        jobs = jobs._replace(table="known_jobs")
    wholes = buckets is None or has_whole_hours(selection.tz, buckets.first, buckets.last)
    if (by is not None and by.name not in DIMENSIONS) or not wholes or not is_current(cursor):
        return [jobs]
    if (hours := select_hours(selection)) is None:
        return [jobs]
    rolled = _Branch("rollup", "hour", ", ".join(f"sum({name}) AS {name}" for name in PARTS), hours.condition)
    past = "past_jobs" if jobs.table == "known_jobs" else "jobs_done"
    ends = [jobs._replace(table=past, condition=select_jobs(end)) for end in hours.ends]
    return [rolled, jobs._replace(table="jobs_live"), *ends]


def counts_removed(selection: Selection, by: Grouping | None = None) -> bool:
    """Whether totals hold the jobs that are in no list any more, of which the rollup's dimensions are kept."""
    return selection.active().keys() <= set(DIMENSIONS) and (by is None or by.name in DIMENSIONS)


def select_removed(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> list[tuple[str, Condition]]:
    """The table of the jobs that are in no list any more, and which of them are in the totals; empty where none are."""
    if not counts_removed(selection) or not has_removed(cursor):
        return []
    return [("jobs_removed", select_jobs(selection))]


def known_prefix(selection: Selection) -> str:
    """What stands before `jobs` and `attempts` where rows are to add up to the totals of a selection."""
    return "known_" if counts_removed(selection) else ""


def fetch_removed(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> pd.DataFrame:
    """Totals of those of the selected jobs that are in no list any more: one row with TOTAL_COLUMNS.

    Where the selection tells jobs apart by more than is counted of them, they are those that the rest of it selects.
    """
    rest = selection.without(*(selection.active().keys() - set(DIMENSIONS)))
    hours = select_hours(rest) if is_current(cursor) else None
    if hours is None:
        branches = [_Branch("jobs_removed", "", select_of_jobs(), select_jobs(rest))]
    else:
        parts = ", ".join(f"sum({name}) AS {name}" for name in PARTS)
        rolled = Condition(f"is_removed AND {hours.condition.sql}", hours.condition.parameters)
        ends = [_Branch("jobs_removed", "", select_of_jobs(), select_jobs(end)) for end in hours.ends]
        branches = [_Branch("rollup", "", parts, rolled), *ends]
    union = " UNION ALL ".join(
        f"SELECT {branch.parts} FROM {branch.table} WHERE {branch.condition.sql}" for branch in branches
    )
    parameters = [value for branch in branches for value in branch.condition.parameters]
    return _with_applicable(cursor.execute(f"SELECT {select_of_parts()} FROM ({union})", parameters).df())


def fetch_unsplit(cursor: duckdb.DuckDBPyConnection, selection: Selection, by: Grouping) -> pd.DataFrame | None:
    """What `fetch_totals` by this grouping leaves out of the totals: jobs of which their group is not kept, or None."""
    if counts_removed(selection, by) or not counts_removed(selection) or not has_removed(cursor):
        return None
    removed = fetch_removed(cursor, selection)
    return removed if removed["jobs"].iloc[0] else None


def _groups(
    time: str, selection: Selection, by: Grouping | None, buckets: Buckets | None
) -> tuple[list[str], list[str]]:
    groups, parameters = list[str](), list[str]()
    if buckets is not None:
        groups.append(f"{bucket_start(time, selection.tz, buckets.unit, buckets.first, buckets.last)} AS bucket")
    if by is not None:
        expression, parameters = _dimension(by)
        groups.append(f"{expression} AS key")
    return groups, parameters


def _dimension(by: Grouping) -> tuple[str, list[str]]:
    if by.tag is not None:
        return "tags[?]", [by.tag]
    return expression(FILTERS[by.name]), []


def _with_applicable(totals: pd.DataFrame) -> pd.DataFrame:
    applicable = {f"{name}_applicable": totals[count] for name, count in APPLICABLE.items()}
    hours = {"ended_hours": totals["instance_hours"].fillna(0.0), "assumed_hours": totals["assumed_hours"].fillna(0.0)}
    return totals.assign(**applicable, **hours)
