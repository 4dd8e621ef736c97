"""Median and 95th percentile by group, exact, of any number of values in little memory.

Values are counted in narrow bins first; only those in bins that hold a wanted rank are then read.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd

SHARES = {"median": 0.5, "p95": 0.95}
_BIN = "round(ln(1 + greatest(value, 0)) * 100)"


def fetch_spreads(cursor: duckdb.DuckDBPyConnection, values: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
    """How values spread.

    Args:
        cursor: where to ask.
        values: a query of columns key (text) and value (not below 0, none NULL).
        parameters: of the query.

    Returns:
        Columns key, median, p95 (between two values in proportion), count. A row a group that has any, in order.
    """
    bins = cursor.execute(
        f"SELECT key, {_BIN} AS bin, count(*) AS n FROM ({values}) GROUP BY ALL ORDER BY ALL", parameters
    ).df()
    wanted: list[pd.DataFrame] = []
    for _, own in bins.groupby("key"):
        ends = own["n"].cumsum().to_numpy()
        places = [int(f(share * (ends[-1] - 1))) for share in SHARES.values() for f in (np.floor, np.ceil)]
        wanted.append(own.iloc[sorted(set(np.searchsorted(ends, places, side="right")))])
    if not wanted:
        return pd.DataFrame({"key": [], "median": [], "p95": [], "count": []})
    cursor.register("wanted_bins", pd.concat(wanted)[["key", "bin"]])
    try:
        read = cursor.execute(
            f"""SELECT v.key, v.bin, v.value, count(*) AS n FROM (SELECT *, {_BIN} AS bin FROM ({values})) v
                JOIN wanted_bins w ON w.key = v.key AND w.bin = v.bin GROUP BY ALL ORDER BY ALL""",
            parameters,
        ).df()
    finally:
        cursor.unregister("wanted_bins")
    values_of = dict(list(read.groupby("key")))
    rows = []
    for key, own in bins.groupby("key"):
        found = {name: _quantile(own, values_of[key], share) for name, share in SHARES.items()}
        rows.append({"key": key, **found, "count": int(own["n"].sum())})
    return pd.DataFrame(rows)


def _quantile(bins: pd.DataFrame, values: pd.DataFrame, share: float) -> float:
    ends = bins["n"].cumsum().to_numpy()
    position = share * (int(ends[-1]) - 1)
    low, high = (_value(bins, ends, values, int(rank)) for rank in (np.floor(position), np.ceil(position)))
    return low + (high - low) * float(position - np.floor(position))


def _value(bins: pd.DataFrame, ends: Any, values: pd.DataFrame, rank: int) -> float:
    at = int(np.searchsorted(ends, rank, side="right"))
    inside = values[values["bin"] == bins["bin"].iloc[at]]
    before = int(ends[at - 1]) if at else 0
    place = int(np.searchsorted(inside["n"].cumsum().to_numpy(), rank - before, side="right"))
    return float(inside["value"].iloc[place])
