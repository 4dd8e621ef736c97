"""Totals of the selected jobs, grouped: the one reduction that every headline, table and chart is made of."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pandas as pd

from mmbatch_dash.domain.buckets import BucketUnit, suit_bucket
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.buckets import bucket_start
from mmbatch_dash.store.queries.where import TIME_COLUMNS, select_jobs

_APPLIES = {
    "jobs": "true",
    "completed_jobs": "status IN ('SUCCEEDED', 'FAILED')",
    "succeeded_jobs": "status = 'SUCCEEDED'",
    "ended_jobs": "has_ended_attempt",
    "carried_jobs": "coalesce(saved_seconds > 0, true)",
}
"""Counts of jobs that figures apply to (metrics.md section 4); each is counted once however many figures share it."""

_APPLICABLE = {
    "cpu_hours": "completed_jobs",
    "cost_usd": "ended_jobs",
    "saved_cost_usd": "carried_jobs",
    "saved_cpu_hours": "carried_jobs",
    "on_demand_savings_usd": "ended_jobs",
    "instance_hours": "ended_jobs",
    "saved_seconds": "carried_jobs",
    "lost_seconds": "jobs",
    "overhead_seconds": "jobs",
    "net_saved_seconds": "jobs",
    "on_demand_net_savings_usd": "succeeded_jobs",
}
COUNTED = tuple(
    [f"{kind}_{outcome}" for kind in ("checkpoints", "restores") for outcome in ("succeeded", "failed")]
    + [f"protections_{outcome}" for outcome in ("succeeded", "failed", "pending", "unprotected")]
)
JOB_COUNTS = ("jobs", "completed_jobs", "running_jobs")
TOTAL_COLUMNS = (
    *JOB_COUNTS,
    *COUNTED,
    *(f"{name}{part}" for name in TOTALLED for part in ("", "_known", "_applicable")),
    "ended_hours",
    "assumed_hours",
    "succeeded_jobs",
    "ended_jobs",
    "carried_jobs",
    "shared_jobs",
)
_DIMENSIONS = {
    "queue": "queue",
    "instance_type": "instance_type",
    "user": '"user"',
    "purchase_option": "purchase_option",
}


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
        row = cursor.execute(f"SELECT min({column}), max({column}) FROM jobs").fetchall()[0]
        known = [at.replace(tzinfo=UTC) if at else None for at in row]
        first = first or known[0] or last or datetime(2000, 1, 1, tzinfo=UTC)
        last = last or known[1] or first
    return Buckets(suit_bucket(max(last, first) - first), first, max(last, first))


def fetch_totals(
    cursor: duckdb.DuckDBPyConnection, selection: Selection, *, by: str | None = None, buckets: Buckets | None = None
) -> pd.DataFrame:
    """Totals of the selected jobs, one row a group.

    Args:
        cursor: where to ask.
        selection: which jobs.
        by: queue, instance_type, user, purchase_option, tag:KEY, or None for no grouping.
        buckets: cut by time too, or None.

    Returns:
        Columns `bucket` (local wall clock start, NaT where a job lacks that time) when cut by time, `key`
        (None where a job lacks it) when grouped, and TOTAL_COLUMNS: each figure as the sum over the jobs
        where it is known (NaN where none is), `_known` and `_applicable` as numbers of jobs. No row order.
        Without any grouping one row, also for an empty selection.

    Raises:
        InvalidFilter: `by` is not a known dimension.
    """
    condition = select_jobs(selection)
    groups: list[str] = []
    parameters: list[str] = []
    if buckets is not None:
        column = TIME_COLUMNS[selection.basis]
        groups.append(f"{bucket_start(column, selection.tz, buckets.unit, buckets.first, buckets.last)} AS bucket")
    if by is not None:
        expression, parameters = _dimension(by)
        groups.append(f"{expression} AS key")
    columns = ", ".join([*groups, *_aggregates()])
    grouping = f" GROUP BY {', '.join(str(n + 1) for n in range(len(groups)))}" if groups else ""
    sql = f"SELECT {columns} FROM jobs WHERE {condition.sql}{grouping}"
    return _with_applicable(cursor.execute(sql, [*parameters, *condition.parameters]).df())


def _dimension(by: str) -> tuple[str, list[str]]:
    if by.startswith("tag:") and len(by) > len("tag:"):
        return "tags[?]", [by.removeprefix("tag:")]
    if by not in _DIMENSIONS:
        raise InvalidFilter(f"{by!r} is not one of {', '.join(_DIMENSIONS)}, day, tag:KEY", field="by")
    return _DIMENSIONS[by], []


def _aggregates() -> list[str]:
    sums = [f"count(*) FILTER ({applies}) AS {name}" for name, applies in _APPLIES.items()]
    sums += [
        "count(*) FILTER (status = 'RUNNING') AS running_jobs",
        *(f"sum({name})::BIGINT AS {name}" for name in COUNTED),
    ]
    for name in TOTALLED:
        # The saved figures are 0, and known, where nothing was carried; those jobs do not count into coverage.
        carried = _APPLICABLE[name] == "carried_jobs"
        known = f"count({name}) FILTER ({_APPLIES['carried_jobs']})" if carried else f"count({name})"
        sums += [f"sum({name}) AS {name}", f"{known} AS {name}_known"]
    return [
        *sums,
        "coalesce(sum(assumed_hours), 0) AS assumed_hours",
        "count(*) FILTER (list_contains(flags, 'instance_shared')) AS shared_jobs",
    ]


def _with_applicable(totals: pd.DataFrame) -> pd.DataFrame:
    counts = {name: totals[name].fillna(0).astype("int64") for name in COUNTED}
    applicable = {f"{name}_applicable": totals[count] for name, count in _APPLICABLE.items()}
    return totals.assign(**counts, **applicable, ended_hours=totals["instance_hours"].fillna(0.0))
