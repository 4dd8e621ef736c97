"""Units of time buckets and which one suits a span."""

from datetime import timedelta
from enum import StrEnum


class BucketUnit(StrEnum):
    """Width of a time bucket in the reader's zone."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_LONGEST = (
    (BucketUnit.HOUR, timedelta(days=2)),
    (BucketUnit.DAY, timedelta(days=92)),
    (BucketUnit.WEEK, timedelta(days=731)),
)


def suit_bucket(span: timedelta) -> BucketUnit:
    """The unit that cuts a span into a readable number of buckets, about a hundred at most."""
    for unit, longest in _LONGEST:
        if span <= longest:
            return unit
    return BucketUnit.MONTH
