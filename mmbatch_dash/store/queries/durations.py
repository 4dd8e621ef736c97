"""How long checkpoints and restores took: exact quantiles of any number of durations in little memory.

Durations are counted in narrow bins first; only the bins that hold a wanted rank are then read value by value.
DuckDB's own quantile keeps every value, which at ten million jobs is more than a server has.
"""

from math import ceil, floor
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.queries.where import Condition, select_jobs

_SHARES = {"median_seconds": 0.5, "p95_seconds": 0.95}
_BIN = "floor(seconds * 4)"


def fetch_durations(cursor: duckdb.DuckDBPyConnection, selection: Selection) -> pd.DataFrame:
    """How long checkpoints and restores of the selected jobs took.

    Returns:
        Columns kind (checkpoint, restore), scope (all, queue), queue (None where a job has none, or scope is
        all), succeeded, failed (counts), median_seconds, p95_seconds (NaN where no duration is known; between two
        values in proportion). In that order, all queues together first.
    """
    condition = select_jobs(selection)
    return pd.concat([_of_kind(cursor, kind, condition) for kind in ("checkpoint", "restore")], ignore_index=True)


def _of_kind(cursor: duckdb.DuckDBPyConnection, kind: str, condition: Condition) -> pd.DataFrame:
    counts = cursor.execute(
        f"SELECT queue, sum({kind}s_succeeded)::BIGINT AS succeeded, sum({kind}s_failed)::BIGINT AS failed FROM jobs "
        f"WHERE {kind}s_succeeded + {kind}s_failed > 0 AND {condition.sql} GROUP BY queue ORDER BY queue",
        condition.parameters,
    ).df()
    if counts.empty:
        return pd.DataFrame(columns=["kind", "scope", "queue", "succeeded", "failed", *_SHARES])
    together = pd.DataFrame({"queue": [None], **{name: [counts[name].sum()] for name in ("succeeded", "failed")}})
    rows = pd.concat([together.assign(scope="all"), counts.assign(scope="queue")], ignore_index=True)
    found = _quantiles(cursor, kind, condition, rows)
    return rows.assign(kind=kind, **found)[["kind", "scope", "queue", "succeeded", "failed", *_SHARES]]


class _Rank(NamedTuple):
    """One wanted value: the `place`-th, from 0, of those in `bin`."""

    bin: float
    place: int


def _quantiles(
    cursor: duckdb.DuckDBPyConnection, kind: str, condition: Condition, rows: pd.DataFrame
) -> dict[str, list[float]]:
    """Name of the quantile → its value for each row, NaN where nothing is known."""
    durations = (
        f"SELECT queue, unnest({kind}_seconds) AS seconds FROM jobs WHERE {kind}s_succeeded + {kind}s_failed > 0"
    )
    durations = f"({durations} AND {condition.sql})"
    bins = cursor.execute(
        f"SELECT queue, {_BIN} AS bin, count(*) AS n FROM {durations} GROUP BY ALL", condition.parameters
    ).df()
    scopes = list(zip(rows["scope"], rows["queue"], strict=True))
    ranks = [{name: _ranks(_of_scope(bins, *one), share) for name, share in _SHARES.items()} for one in scopes]
    wanted = {rank.bin for row in ranks for pair in row.values() for rank in pair[0]}
    if not wanted:
        return {name: [np.nan] * len(rows) for name in _SHARES}
    values = cursor.execute(
        f"SELECT queue, {_BIN} AS bin, seconds, count(*) AS n FROM {durations} "
        f"WHERE {_BIN} IN (SELECT unnest(?::DOUBLE[])) GROUP BY ALL ORDER BY seconds",
        [*condition.parameters, sorted(wanted)],
    ).df()
    own = [_of_scope(values, *one) for one in scopes]
    return {name: [_between(mine, *row[name]) for mine, row in zip(own, ranks, strict=True)] for name in _SHARES}


def _of_scope(frame: pd.DataFrame, scope: str, queue: str | float | None) -> pd.DataFrame:
    if scope == "all":
        return frame
    return frame[frame["queue"] == queue if isinstance(queue, str) else frame["queue"].isna()]


def _ranks(bins: pd.DataFrame, share: float) -> tuple[list[_Rank], float]:
    """The two values the quantile lies between, and how far from the first to the second; none without values."""
    counts = bins.groupby("bin")["n"].sum()
    if counts.empty:
        return [], 0.0
    ends = counts.cumsum().to_numpy()
    position = share * (int(ends[-1]) - 1)
    ranks = []
    for rank in (floor(position), ceil(position)):
        at = int(np.searchsorted(ends, rank, side="right"))
        ranks.append(_Rank(float(counts.index[at]), rank - (int(ends[at - 1]) if at else 0)))
    return ranks, position - floor(position)


def _between(values: pd.DataFrame, ranks: list[_Rank], part: float) -> float:
    if not ranks:
        return float("nan")
    low, high = (_value(values[values["bin"] == rank.bin], rank.place) for rank in ranks)
    return low + (high - low) * part


def _value(values: pd.DataFrame, place: int) -> float:
    at = int(np.searchsorted(values["n"].cumsum().to_numpy(), place, side="right"))
    return float(values["seconds"].iloc[at])
