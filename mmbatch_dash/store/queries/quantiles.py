"""Exact quantiles of any number of numbers in little memory: bins are counted, and only the bins asked for are read.

DuckDB's own quantile keeps every value, which at ten million jobs is more than a server has; days of history have
their numbers counted already (`store.daily`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from mmbatch_dash.store.daily import BIN
from mmbatch_dash.store.queries.where import Condition

SHARES = {"median": 0.5, "p95": 0.95}
Part = Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where numbers of a kind are.

    Attributes:
        one_by_one: a query of key and value (none NULL), with its parameters.
        kind: of the daily bins that hold the others.
        rolled: which rows of the daily bins.
        rolled_key: the SQL of their key.
    """

    one_by_one: Condition
    kind: str
    rolled: Condition
    rolled_key: str
    _bins: str = field(init=False, default=BIN.format(value="value"))

    def count(self, cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
        """How many lie in each bin: columns key, bin, amount; in order of the bins."""
        sql = f"""
            SELECT key, bin, sum(amount)::BIGINT AS amount FROM (
                SELECT key, {self._bins} AS bin, count(*) AS amount FROM ({self.one_by_one.sql}) GROUP BY ALL
                UNION ALL
                SELECT {self.rolled_key} AS key, bin, sum(amount) FROM daily_bins
                WHERE kind = '{self.kind}' AND {self.rolled.sql} GROUP BY ALL)
            GROUP BY ALL ORDER BY bin"""
        return cursor.execute(sql, [*self.one_by_one.parameters, *self.rolled.parameters]).df()

    def read(self, cursor: duckdb.DuckDBPyConnection, bins: Sequence[float]) -> pd.DataFrame:
        """The numbers in some bins: columns key, bin, number, amount (equal ones); in order of the numbers."""
        chosen = "bin IN (SELECT unnest(?::DOUBLE[]))"
        sql = f"""
            SELECT key, bin, number, count(*) AS amount FROM (
                SELECT key, {self._bins} AS bin, value::DOUBLE AS number FROM ({self.one_by_one.sql}) WHERE {chosen}
                UNION ALL
                SELECT {self.rolled_key} AS key, bin, unnest(numbers) FROM daily_bins
                WHERE kind = '{self.kind}' AND {self.rolled.sql} AND {chosen})
            GROUP BY ALL ORDER BY number"""
        return cursor.execute(sql, [*self.one_by_one.parameters, bins, *self.rolled.parameters, bins]).df()


class _Rank(NamedTuple):
    """One wanted value: the `place`-th, from 0, of those in `bin`."""

    bin: float
    place: int


def find_quantiles(
    cursor: duckdb.DuckDBPyConnection,
    numbers: Numbers,
    counts: pd.DataFrame,
    parts: Sequence[Part],
    shares: Mapping[str, float] = SHARES,
) -> list[dict[str, float]]:
    """Name of the quantile → its value, between two numbers in proportion, for each part; NaN where it has none.

    Args:
        cursor: where to ask.
        numbers: all of them.
        counts: what `numbers.count` gave.
        parts: each takes its rows of a frame with a key.
        shares: name → which quantile.
    """
    ranks = [{name: _ranks(part(counts), share) for name, share in shares.items()} for part in parts]
    wanted = sorted({rank.bin for one in ranks for pair, _ in one.values() for rank in pair})
    values = numbers.read(cursor, wanted) if wanted else pd.DataFrame(columns=["key", "bin", "number", "amount"])
    own = [part(values) for part in parts]
    return [{name: _between(mine, *found) for name, found in one.items()} for mine, one in zip(own, ranks, strict=True)]


def of_key(key: Any) -> Part:
    """The rows of one key, or of none for None."""
    return lambda frame: frame[frame["key"].isna() if key is None or key != key else frame["key"] == key]


def _ranks(bins: pd.DataFrame, share: float) -> tuple[list[_Rank], float]:
    """The two numbers the quantile lies between, and how far from the first to the second; none without numbers."""
    counts = bins.groupby("bin")["amount"].sum()
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
    low, high = (_number(values[values["bin"] == rank.bin], rank.place) for rank in ranks)
    return low + (high - low) * part


def _number(values: pd.DataFrame, place: int) -> float:
    at = int(np.searchsorted(values["amount"].cumsum().to_numpy(), place, side="right"))
    return float(values["number"].iloc[at])
