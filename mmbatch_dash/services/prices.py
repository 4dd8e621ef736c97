"""Where the rates of the selected jobs come from, what is missing, and how old the shipped list is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from mmbatch_dash.domain.instants import to_iso
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold import Fold
from mmbatch_dash.store.queries.prices import SHIPPED_LISTS, fetch_missing_prices, fetch_price_book, fetch_rate_hours
from mmbatch_dash.store.shipped import ShippedList, fetch_shipped

SOURCES = ("reported", "spot_history", "price_list", "free_hour", "assumed", "unknown")


@dataclass(frozen=True, slots=True)
class SourceHours:
    """Instance hours whose rate came from one source.

    Attributes:
        share: of all known hours; None where there are none.
    """

    source: str
    hours: float
    share: float | None
    attempts: int


@dataclass(frozen=True, slots=True)
class PriceCoverage:
    """How well the cost figures of a selection are founded.

    Attributes:
        hours: instance hours of ended attempts, those without known times left out.
        timeless_attempts: ended attempts whose times are unknown, and so in no hours.
        sources: one for each of SOURCES, in that order.
        shipped_hours: the part of price_list that comes from the shipped list.
        missing: see `store.queries.prices.fetch_missing_prices`.
        shipped: the shipped list, None where none is loaded.
        attribution: instance or share.
        pending_jobs: jobs that wait to be costed again.
    """

    hours: float
    timeless_attempts: int
    sources: tuple[SourceHours, ...]
    shipped_hours: float
    missing: pd.DataFrame
    shipped: ShippedList | None
    attribution: str
    pending_jobs: int

    @property
    def known_share(self) -> float | None:
        """Share of the hours that has a rate; None where there are no hours."""
        known = [one.share for one in self.sources if one.source != "unknown" and one.share is not None]
        return sum(known) if known else None

    def as_dict(self) -> dict[str, Any]:
        """The JSON of GET /api/v1/prices/coverage."""
        return {
            "instance_hours": self.hours,
            "attempts_without_times": self.timeless_attempts,
            "sources": {
                one.source: {"hours": one.hours, "share": one.share, "attempts": one.attempts} for one in self.sources
            },
            "shipped_list": self.shipped
            and {
                "listed_at": to_iso(self.shipped.listed_at),
                "source": self.shipped.source,
                "licence": self.shipped.licence,
                "prices": self.shipped.prices,
                "derived": self.shipped.derived,
                "common_types": dict(self.shipped.common_types),
                "hours": self.shipped_hours,
            },
            "attribution": self.attribution,
            "pending_jobs": self.pending_jobs,
            "missing": [_missing_row(row) for row in self.missing.to_dict("records")],
        }


class Prices:
    """Answers about prices; thread-safe."""

    def __init__(self, database: Database, fold: Fold, attribution: Callable[[], str] = lambda: "instance") -> None:
        self._database = database
        self._fold = fold
        self._attribution = attribution

    def coverage(self, selection: Selection) -> PriceCoverage:
        """How well the cost figures of a selection are founded."""
        attribution = self._attribution()
        with self._database.cursor() as cursor:
            rates = fetch_rate_hours(cursor, selection)
            missing = fetch_missing_prices(cursor, selection)
            shipped = fetch_shipped(cursor)
        hours = float(rates["hours"].sum())
        found = rates.groupby("rate_source")[["hours", "attempts"]].sum()
        sources = []
        for source in SOURCES:
            known = float(found["hours"].get(source, 0.0))
            share = known / hours if hours else None
            sources.append(SourceHours(source, known, share, int(found["attempts"].get(source, 0))))
        return PriceCoverage(
            hours=hours,
            timeless_attempts=int(rates["timeless"].sum()),
            sources=tuple(sources),
            shipped_hours=float(rates.loc[rates["list_source"].isin(SHIPPED_LISTS), "hours"].sum()),
            missing=missing,
            shipped=shipped,
            attribution=attribution,
            pending_jobs=self._fold.pending(),
        )

    def pending_jobs(self) -> int:
        """How many jobs wait to be costed again."""
        return self._fold.pending()

    def book(self) -> pd.DataFrame:
        """What the price book holds; see `store.queries.prices.fetch_price_book`."""
        with self._database.cursor() as cursor:
            return fetch_price_book(cursor)


def _missing_row(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    # The missing time is an instance of datetime too.
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return to_iso(value.to_pydatetime().replace(tzinfo=UTC))
    if isinstance(value, datetime):
        return to_iso(value.replace(tzinfo=UTC))
    return value
