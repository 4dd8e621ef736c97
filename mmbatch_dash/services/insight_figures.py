"""What rules may name of the advice on a group, as a frame."""

from collections.abc import Sequence

import pandas as pd

from mmbatch_dash.domain.selection import UNKNOWN
from mmbatch_dash.insight.advice import FEWEST_RECLAIMS
from mmbatch_dash.services.insight import Row

NAMES = (
    "reclaim_rate_per_hour",
    "reclaim_rate_low_per_hour",
    "month_usd_saved_by_best_interval",
    "month_usd_lost",
    "notice_rate",
    "usd_per_useful_vcpu_hour",
)


def insight_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """A row a group: `key` (None where jobs lack it) and every figure; None where too little is known to advise."""
    columns = ["key", *(f"insight.{name}" for name in NAMES)]
    return pd.DataFrame([(None if row.key == UNKNOWN else row.key, *_values(row)) for row in rows], columns=columns)


def _values(row: Row) -> tuple[float | None, ...]:
    observed, advice = row.observed, row.advice
    rate = observed.rate if observed.reclaims >= FEWEST_RECLAIMS else None
    return (
        rate.value if rate else None,
        rate.low if rate else None,
        advice.saves.value if rate and advice.saves else None,
        advice.lost_usd,
        observed.notice.value if observed.notice else None,
        observed.useful.value if observed.useful else None,
    )
