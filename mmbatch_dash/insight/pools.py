"""Where work is cheap: USD per useful vCPU-hour, with its range, and what follows for a pool."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from mmbatch_dash.insight.ranges import Range

_Z = 1.959963984540054


class PoolVerdict(StrEnum):
    """What to do with a pool."""

    PREFER = "prefer"
    DROP = "drop"
    CANNOT_TELL = "cannot tell"


def cost_of_useful(zone_days: pd.DataFrame) -> Range | None:
    """Cost per useful vCPU-hour over zone-days; None where no work is known.

    The range is that of a ratio over clusters (Cochran 1977, 6.4): zone-days vary together in price and in losses. One
    zone-day alone gives no range but its own value.

    Args:
        zone_days: cost_usd and useful_vcpu_hours, a row for each zone and day.
    """
    cost = zone_days["cost_usd"].to_numpy(dtype=float)
    useful = zone_days["useful_vcpu_hours"].to_numpy(dtype=float)
    total, cells = float(useful.sum()), len(useful)
    if total <= 0:
        return None
    value = float(cost.sum() / total)
    if cells < 2:
        return Range(value, value, value)
    half = _Z * float(np.sqrt(cells / (cells - 1) * ((cost - value * useful) ** 2).sum())) / total
    return Range(value, max(0.0, value - half), value + half)


@dataclass(frozen=True, slots=True)
class Compared:
    """A pool beside all others.

    Attributes:
        usual_usd: what a useful vCPU-hour costs in the others together; None where there are none.
        useful_vcpu_hours: of this pool.
    """

    verdict: PoolVerdict
    usual_usd: float | None
    useful_vcpu_hours: float


def compare_pools(zone_days: pd.DataFrame) -> dict[str, Compared]:
    """Pool → whether it is surely dearer or cheaper than all others together.

    Args:
        zone_days: as for `cost_of_useful`, with a key.
    """
    sums = zone_days.groupby("key")[["cost_usd", "useful_vcpu_hours"]].sum()
    whole_usd, whole_hours = float(sums["cost_usd"].sum()), float(sums["useful_vcpu_hours"].sum())
    found = {}
    for key, own in zone_days.groupby("key"):
        usd, hours = float(own["cost_usd"].sum()), float(own["useful_vcpu_hours"].sum())
        others = whole_hours - hours
        usual = (whole_usd - usd) / others if others > 0 else None
        found[str(key)] = Compared(_judge(cost_of_useful(own), usual), usual, hours)
    return found


def _judge(own: Range | None, usual: float | None) -> PoolVerdict:
    if own is None or usual is None or own.low == own.high:
        return PoolVerdict.CANNOT_TELL
    if own.low > usual:
        return PoolVerdict.DROP
    return PoolVerdict.PREFER if own.high < usual else PoolVerdict.CANNOT_TELL
