"""Selected jobs by a grouping: any number of groups, of which only those asked for are worked on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.domain.groupings import DAY, Grouping
from mmbatch_dash.domain.paging import Page, take_page
from mmbatch_dash.domain.selection import UNKNOWN, Selection
from mmbatch_dash.metrics.groups import add_up
from mmbatch_dash.metrics.summary import Blocks, summarize
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.totals import Buckets, fetch_buckets, fetch_totals, fetch_unsplit

Group = tuple[str, Blocks]


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a selection: the costliest first, days in order.

    Attributes:
        keys: of the groups; UNKNOWN where jobs lack what they are grouped by.
        totals: the totals columns of `store.queries.totals`, a row a group in the same order.
        removed: selected jobs that are in no list any more and of which their group is not kept; None where there are
            none. The groups and these add up to the summary.
    """

    keys: list[str]
    totals: pd.DataFrame
    removed: Blocks | None = None

    def __iter__(self) -> Iterator[Group]:
        return iter(self._at(range(len(self.keys))))

    def page(self, *, limit: int, after: str) -> Page[Group]:
        """Some of them.

        Raises:
            InvalidFilter: `after` is not a place in this list.
        """
        page = take_page(range(len(self.keys)), lambda place: self.keys[place], limit=limit, after=after)
        return Page(self._at(page.rows), page.next)

    def costliest(self, most: int) -> "Parted":
        """The first ones, and the others added up."""
        return self._part(range(len(self.keys)), most)

    def largest(self, most: int) -> "Parted":
        """Those with the most jobs, and the others added up."""
        return self._part(self.totals["jobs"].to_numpy().argsort(kind="stable")[::-1].tolist(), most)

    def _part(self, places: Sequence[int], most: int) -> "Parted":
        others = list(places[most:])
        rest = summarize(add_up(self.totals.iloc[others], []).iloc[0]) if others else None
        return Parted(self._at(places[:most]), len(others), rest)

    def _at(self, places: Sequence[int]) -> list[Group]:
        # Plain rows: looking into a Series costs ten times as much, and there may be a thousand groups on a page.
        rows = self.totals.iloc[list(places)].to_dict("records")
        return [(self.keys[place], summarize(row)) for place, row in zip(places, rows, strict=True)]


@dataclass(frozen=True, slots=True)
class Parted:
    """Some groups one by one, and all others as one.

    Attributes:
        named: the groups.
        others: how many there are besides.
        rest: their figures added up; None where there are none.
    """

    named: list[Group]
    others: int
    rest: Blocks | None


def read_groups(database: Database, selection: Selection, by: Grouping) -> Groups:
    """The groups of a selection."""
    with database.snapshot() as cursor:
        if by.name != DAY:
            totals = by_cost(fetch_totals(cursor, selection, by=by))
            keys = [UNKNOWN if pd.isna(key) else str(key) for key in totals["key"]]
            removed = fetch_unsplit(cursor, selection, by)
            return Groups(keys, totals, None if removed is None else summarize(removed.iloc[0]))
        edges = fetch_buckets(cursor, selection)
        days = Buckets(BucketUnit.DAY, edges.first, edges.last)
        totals = add_up(fetch_totals(cursor, selection, buckets=days), ["bucket"])
    return Groups([UNKNOWN if pd.isna(at) else f"{at:%Y-%m-%d}" for at in totals["bucket"]], totals)


def by_cost(totals: pd.DataFrame) -> pd.DataFrame:
    """The rows of totals with a `key`, the costliest first, unknown cost last."""
    return totals.sort_values(
        ["cost_usd", "jobs", "key"], ascending=[False, False, True], na_position="last"
    ).reset_index(drop=True)
