"""Weeks and months by the clocks of a zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mmbatch_dash.domain.periods import Every, period_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("at", "every", "name", "title", "start", "end"),
    [
        ("2026-03-01", Every.WEEKLY, "2026-W09", "Week 9 of 2026", "2026-02-23", "2026-03-02"),
        ("2026-03-02", Every.WEEKLY, "2026-W10", "Week 10 of 2026", "2026-03-02", "2026-03-09"),
        # The week with the year's first Thursday is its first.
        ("2027-01-03", Every.WEEKLY, "2026-W53", "Week 53 of 2026", "2026-12-28", "2027-01-04"),
        ("2026-12-31", Every.MONTHLY, "2026-12", "December 2026", "2026-12-01", "2027-01-01"),
    ],
)
def test_a_period_is_named_by_the_calendar(at: str, every: Every, name: str, title: str, start: str, end: str) -> None:
    period = period_of(datetime.fromisoformat(at).replace(hour=13, tzinfo=BERLIN), every)
    assert (period.name, period.title) == (name, title)
    assert (f"{period.start:%Y-%m-%d}", f"{period.end:%Y-%m-%d}") == (start, end)
    assert period.before().end == period.start


def test_a_week_in_which_clocks_change_is_an_hour_shorter() -> None:
    week = period_of(datetime(2026, 3, 29, 12, tzinfo=BERLIN), Every.WEEKLY)
    assert week.end.astimezone(UTC) - week.start.astimezone(UTC) == timedelta(hours=167)
