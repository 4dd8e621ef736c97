"""How long checkpoints and restores took: exact quantiles of any number of durations, from counted bins."""

from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.hours import find_days, select_rest
from mmbatch_dash.store.queries.quantiles import EVERY, Numbers, Scope, find_quantiles
from mmbatch_dash.store.queries.totals import select_removed
from mmbatch_dash.store.queries.where import NOTHING, Condition

_SHARES = {"median_seconds": 0.5, "p95_seconds": 0.95}
_TRIED = "{kind}s_succeeded + {kind}s_failed > 0"
_ROLLED = "(SELECT *, date_trunc('day', hour) AS day FROM rollup WHERE basis = 'submitted' AND NOT is_removed)"


def fetch_durations(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> pd.DataFrame:
    """How long checkpoints and restores of the selected jobs took.

    Returns:
        Columns kind (checkpoint, restore), scope (all, queue), queue (None where a job has none, or scope is
        all), succeeded, failed (counts), median_seconds, p95_seconds (NaN where no duration is known; between two
        values in proportion). In that order, all queues together first.
    """
    days = find_days(cursor, selection)
    parts = _Parts(
        [*select_rest(selection, days), *select_removed(cursor, selection)], days.condition if days else NOTHING
    )
    return pd.concat([_of_kind(cursor, kind, parts) for kind in ("checkpoint", "restore")], ignore_index=True)


class _Parts(NamedTuple):
    """The jobs to look at one by one, by table, and the rows of days that hold the others."""

    rest: list[tuple[str, Condition]]
    days: Condition

    def union(self, columns: str, also: str) -> Condition:
        sql = " UNION ALL ".join(
            f"SELECT {columns} FROM {table} WHERE {condition.sql} AND {also}" for table, condition in self.rest
        )
        return Condition(sql, [value for _, condition in self.rest for value in condition.parameters])


def _of_kind(cursor: duckdb.DuckDBPyConnection, kind: str, parts: _Parts) -> pd.DataFrame:
    columns, tried = f"queue, {kind}s_succeeded, {kind}s_failed", _TRIED.format(kind=kind)
    jobs = parts.union(columns, tried)
    counts = cursor.execute(
        f"SELECT queue, sum({kind}s_succeeded)::BIGINT AS succeeded, sum({kind}s_failed)::BIGINT AS failed "
        f"FROM ({jobs.sql} UNION ALL SELECT {columns} FROM {_ROLLED} WHERE {parts.days.sql} AND {tried}) "
        "GROUP BY queue ORDER BY queue",
        [*jobs.parameters, *parts.days.parameters],
    ).df()
    if counts.empty:
        return pd.DataFrame(columns=["kind", "scope", "queue", "succeeded", "failed", *_SHARES])
    together = pd.DataFrame({"queue": [None], **{name: [counts[name].sum()] for name in ("succeeded", "failed")}})
    rows = pd.concat([together.assign(scope="all"), counts.assign(scope="queue")], ignore_index=True)
    values = parts.union(f"queue AS key, unnest({kind}_seconds) AS value", tried)
    numbers = Numbers(values, kind, parts.days, "queue")
    queues = counts["queue"].astype(object).where(counts["queue"].notna(), None)
    scopes: list[Scope] = [EVERY, *queues]
    found = find_quantiles(cursor, numbers, numbers.count(cursor), scopes, _SHARES)
    quantiles = pd.DataFrame(found, columns=list(_SHARES), dtype=np.float64)
    return rows.assign(kind=kind, **quantiles)[["kind", "scope", "queue", "succeeded", "failed", *_SHARES]]
