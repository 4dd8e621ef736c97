"""Time buckets in the reader's zone: hours, days, weeks or months of local time."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.store.queries.where import to_stored

_DAY = timedelta(days=1)


def local_time(column: str, zone: str, first: datetime, last: datetime) -> str:
    """A SQL expression for the wall clock time of a UTC column in a zone.

    The zone's offset changes between `first` and `last` are written out, which costs a tenth of
    converting each row by calendar; the two agree, a property test holds them together.
    """
    changes = _offset_changes(zone, first.astimezone(UTC).year, last.astimezone(UTC).year)
    *earlier, (_, final) = changes
    if not earlier:
        return f"{column} + INTERVAL '{final} seconds'" if final else column
    nexts = [start for start, _ in changes[1:]]
    cases = " ".join(
        f"WHEN {column} < TIMESTAMP '{to_stored(until):%Y-%m-%d %H:%M:%S}' THEN INTERVAL '{offset} seconds'"
        for (_, offset), until in zip(earlier, nexts, strict=True)
    )
    return f"{column} + CASE {cases} ELSE INTERVAL '{final} seconds' END"


def bucket_start(column: str, zone: str, unit: BucketUnit, first: datetime, last: datetime) -> str:
    """A SQL expression for the local start of the bucket a UTC column falls into; weeks begin on Monday."""
    return f"date_trunc('{unit.value}', {local_time(column, zone, first, last)})"


def has_whole_hours(zone: str, first: datetime, last: datetime) -> bool:
    """Whether local hours are hours of UTC all the time: not so where a zone is half an hour off."""
    changes = _offset_changes(zone, first.astimezone(UTC).year, last.astimezone(UTC).year)
    return all(offset % 3600 == 0 and start.minute == start.second == 0 for start, offset in changes)


@lru_cache(maxsize=256)
def _offset_changes(zone: str, first_year: int, last_year: int) -> tuple[tuple[datetime, int], ...]:
    """(from when, offset in seconds) in order, from the start of the first year to the end of the last."""
    tz = ZoneInfo(zone)
    at, end = datetime(first_year, 1, 1, tzinfo=UTC) - _DAY, datetime(last_year + 1, 1, 2, tzinfo=UTC)
    changes = [(at, _offset(tz, at))]
    while at < end:
        later = at + _DAY
        if _offset(tz, later) != changes[-1][1]:
            changes.append((_change_between(tz, at, later), _offset(tz, later)))
        at = later
    return tuple(changes)


def _change_between(tz: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = _offset(tz, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before).total_seconds() // 2)
        before, after = (middle, after) if _offset(tz, middle) == old else (before, middle)
    return after


def _offset(tz: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(tz).utcoffset()
    return int(offset.total_seconds()) if offset else 0
