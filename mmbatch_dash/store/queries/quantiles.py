"""Exact quantiles of any number of numbers in little memory: bins are counted, and only the bins asked for are read.

DuckDB's own quantile keeps every value, which at ten million jobs is more than a server has; days of history have
their numbers counted already (`store.daily`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil, floor
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from mmbatch_dash.store.daily import BIN
from mmbatch_dash.store.queries.where import Condition

SHARES = {"median": 0.5, "p95": 0.95}


class _Every(Enum):
    EVERY = 0


EVERY = _Every.EVERY
"""The scope of all keys together."""
Scope = str | None | _Every


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

    def read(self, cursor: duckdb.DuckDBPyConnection, wanted: Mapping[Scope, Sequence[float]]) -> pd.DataFrame:
        """The numbers in some bins of each scope: columns key, bin, number, amount (equal ones); in order of them."""
        # Written out: rows of other bins are then passed over without reading their numbers.
        bins = {scope: ", ".join(repr(float(one)) for one in found) for scope, found in wanted.items()}
        any_of = ", ".join(bins.values())
        keys = [scope for scope in bins if scope is not EVERY]
        cases = [f"(key IS NOT DISTINCT FROM ? AND bin IN ({bins[key]}))" for key in keys]
        chosen = " OR ".join([*cases, *([f"bin IN ({bins[EVERY]})"] if EVERY in bins else [])])
        sql = f"""
            SELECT key, bin, number, count(*) AS amount FROM (
                SELECT key, {self._bins} AS bin, value::DOUBLE AS number FROM ({self.one_by_one.sql})
                WHERE bin IN ({any_of}) AND ({chosen})
                UNION ALL
                SELECT key, bin, unnest(numbers) FROM (
                    SELECT {self.rolled_key} AS key, bin, numbers FROM daily_bins
                    WHERE kind = '{self.kind}' AND {self.rolled.sql} AND bin IN ({any_of}))
                WHERE {chosen})
            GROUP BY ALL ORDER BY number"""
        return cursor.execute(sql, [*self.one_by_one.parameters, *keys, *self.rolled.parameters, *keys]).df()


class _Rank(NamedTuple):
    """One wanted value: the `place`-th, from 0, of those in `bin`."""

    bin: float
    place: int


def find_quantiles(
    cursor: duckdb.DuckDBPyConnection,
    numbers: Numbers,
    counts: pd.DataFrame,
    scopes: Sequence[Scope],
    shares: Mapping[str, float] = SHARES,
) -> list[dict[str, float]]:
    """Name of the quantile → its value, between two numbers in proportion, for each scope; NaN where it has none.

    Args:
        cursor: where to ask.
        numbers: all of them.
        counts: what `numbers.count` gave.
        scopes: keys (None of those without one), or EVERY.
        shares: name → which quantile.
    """
    amounts = [_of(counts, scope).groupby("bin")["amount"].sum() for scope in scopes]
    ranks = [{name: _ranks(own, share) for name, share in shares.items()} for own in amounts]
    wanted = {
        scope: sorted({rank.bin for pair, _ in one.values() for rank in pair})
        for scope, one in zip(scopes, ranks, strict=True)
        if any(pair for pair, _ in one.values())
    }
    if not wanted:
        return [dict.fromkeys(shares, float("nan")) for _ in scopes]
    values = numbers.read(cursor, wanted)
    own = [_of(values, scope) for scope in scopes]
    return [{name: _between(mine, *found) for name, found in one.items()} for mine, one in zip(own, ranks, strict=True)]


def _of(frame: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    if scope is EVERY:
        return frame
    return frame[frame["key"].isna() if scope is None else frame["key"] == scope]


def _ranks(counts: pd.Series, share: float) -> tuple[list[_Rank], float]:
    """The two numbers the quantile lies between, and how far from the first to the second; none without numbers."""
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
