"""A month's money: how much of it is spent, and when it is gone at this rate. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mmbatch_dash.domain.alerts.incidents import Finding
from mmbatch_dash.domain.units import format_usd

MARKS = (50, 90, 100)
"""Per cent of a budget at which somebody is told."""
LEAST_ELAPSED = timedelta(days=1)
"""Before this much of a month is over there is no rate to go by."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One budget at one moment.

    Attributes:
        name: what the configuration calls it.
        usd: of the month.
        spent_usd: since its first day, with what runs now.
        month_at: its first moment, in the zone of the Dashboard.
        as_of: when that was so.
        channels: who is told.
    """

    name: str
    usd: float
    spent_usd: float
    month_at: datetime
    as_of: datetime
    channels: tuple[str, ...]

    @property
    def share(self) -> float:
        """What is spent, as a share of the budget."""
        return self.spent_usd / self.usd

    @property
    def gone_on(self) -> datetime | None:
        """When the budget is gone at this rate, within the month; None where it lasts, is gone, or it is too early."""
        elapsed = self.as_of - self.month_at
        if elapsed < LEAST_ELAPSED or self.spent_usd <= 0 or self.share >= 1:
            return None
        at = self.month_at + elapsed / self.share if self.share > 0.01 else None
        return at if at is not None and at < next_month(self.month_at) else None

    @property
    def sentence(self) -> str:
        """`genomics: $3,120.00 of $5,000.00 (62 %), gone on the 19th at this rate`."""
        text = f"{self.name}: {format_usd(self.spent_usd)} of {format_usd(self.usd)} ({self.share:.0%})"
        gone = self.gone_on
        return f"{text}, gone on the {ordinal(gone.day)} at this rate" if gone else text


def passed_marks(spent: Spent) -> dict[str, Finding]:
    """Group (month and mark) → what is told of it."""
    return {
        f"{spent.month_at:%Y-%m}, {mark} %": Finding(
            spent.share, f"Budget {spent.sentence}; {mark} % is passed", timedelta(0), spent.channels
        )
        for mark in MARKS
        if spent.share * 100 >= mark
    }


def month_of(now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the month of an instant, in a zone."""
    local = now.astimezone(zone)
    return datetime(local.year, local.month, 1, tzinfo=zone)


def next_month(month_at: datetime) -> datetime:
    """The first moment of the month after."""
    year, month = divmod(month_at.year * 12 + month_at.month, 12)
    return month_at.replace(year=year, month=month + 1)


def ordinal(day: int) -> str:
    """`19th`."""
    ending = "th" if 10 <= day % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
