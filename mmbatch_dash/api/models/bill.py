"""Bills beside our own cost."""

import datetime as dt
from typing import Any

from pydantic import Field

from mmbatch_dash.api.models.shape import Count, Instant, Shape, record
from mmbatch_dash.domain.bill import CAUSES

_CAUSES: dict[str, Any] = {cause.value: float for cause in CAUSES}
BillCauses = record("BillCauses", "What each cause adds to the difference, in USD; together they are it.", _CAUSES)


class BillFile(Shape):
    """One file of a bill, as it is kept."""

    id: str
    name: str
    format: str
    lines: Count
    imported_at: Instant


class BillRow(Shape):
    """A day (UTC), account and instance."""

    day: dt.date
    account: str
    instance_id: str | None = Field(description="null for what is of no instance.")
    ours_usd: float
    aws_usd: float
    difference_usd: float
    causes: BillCauses  # type: ignore[valid-type]


class BillComparison(Shape):
    """A bill beside our own cost. The difference is AWS's minus ours."""

    format: str
    first_day: dt.date
    last_day: dt.date
    ours_usd: float
    aws_usd: float
    difference_usd: float
    causes: BillCauses  # type: ignore[valid-type]
    rows: list[BillRow] = Field(description="The largest differences first.")
    row_count: Count
    files: list[BillFile]


class BillPlace(Shape):
    """Where bills are."""

    place: str = Field(min_length=6, max_length=1000, description="s3://bucket/prefix")


class BillsTaken(Shape):
    """Files that were taken in."""

    files: list[BillFile]


class BillRemoved(Shape):
    """A file that was taken out."""

    removed: str
