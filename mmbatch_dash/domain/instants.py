"""Instants: aware UTC datetimes in, ISO 8601 out. The one place that parses times of other systems."""

from datetime import UTC, datetime, timedelta, tzinfo

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.quoting import shown

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

CLOCK_SKEW = timedelta(minutes=5)
"""What is told of one thing comes from several hosts; within this their clocks just differ (definitions, sanity)."""


def parse_instant(text: str, *, zone: tzinfo | None = None, field: str = "time") -> datetime:
    """An ISO 8601 / RFC 3339 text as an aware UTC instant.

    Args:
        text: the time; fractions beyond microseconds are cut.
        zone: zone for a text without offset; None refuses such a text.
        field: what to call it in the error.

    Raises:
        InvalidInput: not a time, without zone where none is allowed, or outside 1990 to 2200.
    """
    try:
        text = text.strip()
        # RFC 3339 allows a small z, which Python does not take.
        instant = datetime.fromisoformat(text[:-1] + "Z" if text.endswith("z") else text)
    except (ValueError, AttributeError):
        raise InvalidInput(f"{shown(text)} is not an ISO 8601 time such as 2026-03-01T12:00:00Z", field=field) from None
    if instant.tzinfo is UTC and EARLIEST.year <= instant.year < LATEST.year:
        return instant
    if instant.tzinfo is None:
        if zone is None:
            raise InvalidInput(f"{shown(text)} has no time zone; add Z or an offset such as +02:00", field=field)
        instant = instant.replace(tzinfo=zone)
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:  # within an offset of year 1 or 9999
        raise InvalidInput(f"{shown(text)} is not between 1990 and 2200", field=field) from None
    return check_range(instant, field=field)


def from_epoch_ms(value: int | float, *, field: str = "time") -> datetime:
    """Epoch milliseconds, as AWS Batch reports times, as an aware UTC instant.

    Raises:
        InvalidInput: not a number, or outside 1990 to 2200.
    """
    try:
        instant = datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        raise InvalidInput(f"{shown(value)} is not a time in epoch milliseconds", field=field) from None
    return check_range(instant, field=field)


def check_range(instant: datetime, *, field: str = "time") -> datetime:
    """The instant itself.

    Raises:
        InvalidInput: it lies outside 1990 to 2200, so a unit or a digit is wrong.
    """
    if not EARLIEST <= instant < LATEST:
        raise InvalidInput(f"{instant.isoformat()} is not between 1990 and 2200", field=field)
    return instant


def to_iso(instant: datetime) -> str:
    """An aware instant as ISO 8601 in UTC with a Z, microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
