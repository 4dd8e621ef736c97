"""Weeks and months, in a zone: what reports and digests are of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mmbatch_dash.domain.alerts.budgets import next_month
from mmbatch_dash.domain.errors import InvalidFilter


class Every(StrEnum):
    """How long a period is."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar week, from Monday on, or a month.

    Attributes:
        every: which of the two.
        start: its first moment, in a zone.
    """

    every: Every
    start: datetime

    @property
    def end(self) -> datetime:
        """The first moment after it, by the clocks of its zone."""
        if self.every is Every.MONTHLY:
            return next_month(self.start)
        return self.start + timedelta(days=7)

    @property
    def name(self) -> str:
        """`2026-03`, or `2026-W09`."""
        return f"{self.start:%Y-%m}" if self.every is Every.MONTHLY else f"{self.start:%G-W%V}"

    @property
    def title(self) -> str:
        """`March 2026`, or `Week 9 of 2026`."""
        if self.every is Every.MONTHLY:
            return f"{self.start:%B %Y}"
        year, week, _ = self.start.isocalendar()
        return f"Week {week} of {year}"

    @property
    def noun(self) -> str:
        """What it is: month or week."""
        return "month" if self.every is Every.MONTHLY else "week"

    def before(self) -> "Period":
        """The one before."""
        return period_of(self.start - timedelta(hours=12), self.every)


def period_of(now: datetime, every: Every) -> Period:
    """The period that an instant lies in, in the zone of the instant."""
    start = _midnight(now)
    into = start.day - 1 if every is Every.MONTHLY else start.weekday()
    return Period(every, start - timedelta(days=into))


def parse_month(text: str, now: datetime) -> Period:
    """The month a text such as 2026-03 names; the one of `now` where it is empty.

    Raises:
        InvalidFilter: it is no month.
    """
    if not text:
        return period_of(now, Every.MONTHLY)
    try:
        return Period(Every.MONTHLY, datetime.strptime(text, "%Y-%m").replace(tzinfo=now.tzinfo))
    except ValueError:
        raise InvalidFilter(f"{text[:40]!r} is not a month such as 2026-03", field="month") from None


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
