"""How often instances are taken back: the rate with its range, wider where reclaims come in waves."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmbatch_dash.insight.ranges import TAIL, poisson_range
from mmbatch_dash.insight.special import gamma_tail

DISPERSED_BELOW = 0.01
"""Probability under which differences between zone-days are not put down to chance."""
DRAWS = 2_000
_SEED = 20_260_101
_AT_ONCE = 4_000_000

Floats = NDArray[np.float64]


class Method(StrEnum):
    """What a range was made of."""

    POISSON = "poisson"
    ZONE_DAYS = "zone_days"


@dataclass(frozen=True, slots=True)
class Rate:
    """Reclaims per hour of spot instance, with its 95 % range and what made the range."""

    value: float
    low: float
    high: float
    method: Method


def reclaim_rate(zone_days: pd.DataFrame) -> Rate | None:
    """The rate over zone-days; None without exposure.

    Args:
        zone_days: a row for each zone and day, with exposure_hours and reclaims.
    """
    hours = zone_days["exposure_hours"].to_numpy(dtype=float)
    reclaims = zone_days["reclaims"].to_numpy(dtype=float)
    if hours.sum() <= 0:
        return None
    exact = poisson_range(int(reclaims.sum()), float(hours.sum()))
    if dispersion_probability(reclaims, hours) < DISPERSED_BELOW:
        low, high = bootstrap_range(reclaims, hours)
        if high - low > exact.high - exact.low:
            return Rate(exact.value, low, high, Method.ZONE_DAYS)
    return Rate(exact.value, exact.low, exact.high, Method.POISSON)


def dispersion_probability(reclaims: Floats, hours: Floats) -> float:
    """How likely zone-days would differ as much as these do, or more, if every hour were as likely to see a reclaim.

    Pearson's χ² against expectations in proportion to the hours. Many zone-days expect less than one reclaim, where the
    statistic spreads more than χ² does: its variance is Haldane's (1937), and the tail is of the gamma distribution
    with that mean and variance, which is χ² itself where expectations are large.
    """
    # A reclaim at the very start of an attempt leaves a zone-day without hours: it is certain to differ.
    hours = np.where((hours <= 0) & (reclaims > 0), 1 / 3600, hours)
    reclaims, hours = reclaims[hours > 0], hours[hours > 0]
    total, cells = reclaims.sum(), len(hours)
    if total < 2 or cells < 2:
        return 1.0
    shares = hours / hours.sum()
    statistic = float((reclaims**2 / (total * shares)).sum() - total)
    mean = cells - 1
    variance = 2 * mean + ((1 / shares).sum() - cells**2 - 2 * cells + 2) / total
    if variance <= 0:
        return 1.0
    return gamma_tail(mean**2 / variance, statistic * mean / variance)


def bootstrap_range(reclaims: Floats, hours: Floats, *, draws: int = DRAWS, seed: int = _SEED) -> tuple[float, float]:
    """The ends of the range of the rate over zone-days drawn anew with replacement; the same for the same seed."""
    cells, random = len(hours), np.random.default_rng(seed)
    rates = []
    for first in range(0, draws, max(1, _AT_ONCE // cells)):
        some = min(draws - first, max(1, _AT_ONCE // cells))
        drawn = random.integers(0, cells, size=(some, cells), dtype=np.int32)
        with np.errstate(divide="ignore", invalid="ignore"):
            rates.append(reclaims[drawn].sum(axis=1) / hours[drawn].sum(axis=1))
    known = np.concatenate(rates)
    low, high = np.quantile(known[np.isfinite(known)], [TAIL, 1 - TAIL])
    return float(low), float(high)
