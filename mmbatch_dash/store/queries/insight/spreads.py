"""Median and 95th percentile by group, exact."""

import duckdb
import pandas as pd

from mmbatch_dash.store.queries.quantiles import SHARES, Numbers, find_quantiles


def fetch_spreads(cursor: duckdb.DuckDBPyConnection, numbers: Numbers) -> pd.DataFrame:
    """How numbers spread.

    Returns:
        Columns key, median, p95 (between two numbers in proportion), count. A row a group that has any, in order.
    """
    if numbers.rolled.sql.startswith("false"):
        return fetch_spreads_of(cursor, numbers.one_by_one.sql)
    counts = numbers.count(cursor)
    amounts = counts.groupby("key", sort=True)["amount"].sum()
    found = find_quantiles(cursor, numbers, counts, list(amounts.index))
    return pd.DataFrame({"key": amounts.index, **_columns(found), "count": amounts.to_numpy()})


def fetch_spreads_of(cursor: duckdb.DuckDBPyConnection, values: str) -> pd.DataFrame:
    """The same of the values of a query of key and value (none NULL). They are all held at a time, 8 bytes each."""
    named = ", ".join(f"found[{place}] AS {name}" for place, name in enumerate(SHARES, start=1))
    sql = f"""
        SELECT key, {named}, count FROM (
            SELECT key, quantile_cont(value::DOUBLE, {list(SHARES.values())}) AS found, count(*) AS count
            FROM ({values}) GROUP BY key)
        ORDER BY key"""
    return cursor.execute(sql).df()


def _columns(found: list[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [one[name] for one in found] for name in SHARES}
