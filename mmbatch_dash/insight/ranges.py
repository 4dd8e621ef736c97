"""Ranges of counts and shares at 95 %. It knows nothing of jobs."""

from math import sqrt
from typing import NamedTuple

from mmbatch_dash.insight.special import poisson_mean_at

TAIL = 0.025
"""What lies outside the range, on each side."""
_Z = 1.959963984540054


class Range(NamedTuple):
    """A value and the ends of its range."""

    value: float
    low: float
    high: float


def poisson_range(events: int, exposure: float) -> Range:
    """Events per unit of exposure with their exact range.

    χ²(.025; 2n) / 2T to χ²(.975; 2n + 2) / 2T (Garwood 1936); the quantile of χ² is twice that of the gamma function.

    Raises:
        ValueError: there was no exposure.
    """
    if exposure <= 0:
        raise ValueError("a rate needs exposure above 0")
    low = poisson_mean_at(events, TAIL) / exposure if events else 0.0
    return Range(events / exposure, low, poisson_mean_at(events + 1, 1 - TAIL) / exposure)


def wilson_range(succeeded: int, tried: int) -> Range:
    """A share with its range (Wilson 1927), which stays inside 0 to 1 and holds for few tries too.

    Raises:
        ValueError: nothing was tried.
    """
    if tried <= 0:
        raise ValueError("a share needs at least one try")
    share, squared = succeeded / tried, _Z * _Z
    middle = (share + squared / (2 * tried)) / (1 + squared / tried)
    half = _Z / (1 + squared / tried) * sqrt(share * (1 - share) / tried + squared / (4 * tried * tried))
    return Range(share, max(0.0, middle - half), min(1.0, middle + half))
