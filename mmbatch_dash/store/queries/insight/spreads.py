"""Median and 95th percentile by group, exact."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

SHARES = {"median": 0.5, "p95": 0.95}


def fetch_spreads(cursor: duckdb.DuckDBPyConnection, values: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
    """How values spread. The database holds them all for the time of the query, 8 bytes each.

    Args:
        cursor: where to ask.
        values: a query of columns key (text) and value (none NULL).
        parameters: of the query.

    Returns:
        Columns key, median, p95 (between two values in proportion), count. A row a group that has any, in order.
    """
    named = ", ".join(f"found[{place}] AS {name}" for place, name in enumerate(SHARES, start=1))
    sql = f"""
        SELECT key, {named}, count FROM (
            SELECT key, quantile_cont(value::DOUBLE, {list(SHARES.values())}) AS found, count(*) AS count
            FROM ({values}) GROUP BY key)
        ORDER BY key"""
    return cursor.execute(sql, parameters).df()
