"""Adding up rows of totals: from (bucket, queue) to buckets, queues and the headline, which so always agree."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd


def add_up(totals: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Totals summed over groups of rows.

    Args:
        totals: group columns and totals columns; figures NaN where unknown.
        by: group columns to keep; their missing values are a group of their own.

    Returns:
        One row a group, in order of the group columns, missing last. A figure is NaN where it is NaN in every row
        of the group, and where it applies to jobs and is known for none of them: the zeros of the jobs it does not
        apply to are no sum of the others. Without `by` one row, also when there are none to sum.
    """
    numbers = [name for name in totals.columns if name not in ("bucket", "key")]
    if not by:
        return totals[numbers].sum(min_count=1).to_frame().T.pipe(_zero_counts).pipe(_hide_unknown)
    grouped = totals.groupby(by, dropna=False, sort=True, observed=True)[numbers].sum(min_count=1)
    return _hide_unknown(_zero_counts(grouped.reset_index()))


def localize_buckets(totals: pd.DataFrame, tz: str) -> pd.DataFrame:
    """The frame with wall clock `bucket` replaced by `bucket_start`, an aware time in the zone (NaT stays)."""
    zone = ZoneInfo(tz)
    starts: dict[pd.Timestamp, datetime] = {
        at: at.to_pydatetime().replace(tzinfo=zone) for at in totals["bucket"].dropna().unique()
    }
    localized = pd.to_datetime(totals["bucket"].map(starts), utc=True).dt.tz_convert(tz)
    columns = [name for name in totals.columns if name != "bucket"]
    return totals[columns].assign(bucket_start=localized)[["bucket_start", *columns]]


def _hide_unknown(totals: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in totals.columns if {f"{name}_known", f"{name}_applicable"} <= set(totals.columns)]
    known = totals[[f"{name}_known" for name in names]].to_numpy()
    applicable = totals[[f"{name}_applicable" for name in names]].to_numpy()
    hidden = (known == 0) & (applicable > 0)
    return (
        totals.assign(**{name: totals[name].mask(hidden[:, n]) for n, name in enumerate(names)})
        if hidden.any()
        else totals
    )


def _zero_counts(totals: pd.DataFrame) -> pd.DataFrame:
    endings = ("jobs", "_known", "_applicable", "_succeeded", "_failed", "_pending", "_unprotected")
    kinds = zip(totals.columns, totals.dtypes, strict=True)
    counts = [name for name, kind in kinds if name.endswith(endings) and kind != "int64"]
    if not counts:
        return totals
    # All at once: a column at a time costs more than the grouping itself.
    whole = totals[counts].fillna(0).astype("int64")
    return pd.concat([totals.drop(columns=counts), whole], axis="columns")[list(totals.columns)]
