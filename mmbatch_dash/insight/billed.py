"""What a job is billed for until its work is done, and when spot is the cheaper way. All times in one unit."""

from math import exp, expm1, inf

import numpy as np
from numpy.typing import NDArray

from mmbatch_dash.insight.intervals import best_intervals, mean_between_losses
from mmbatch_dash.insight.special import lambert_w

Floats = NDArray[np.float64]
_LARGEST_EXPONENT = 700.0


def expected_billed(
    work: float,
    interval: float,
    checkpoint: float,
    restore: float,
    between_reclaims: float,
    notice_success: float = 0.0,
) -> float:
    """Time billed until `work` is done with a checkpoint after each `interval` of it.

    T = M′ e^(R/M) (e^((τ + C)/M′) − 1) Ts/τ: exact for reclaims at random and work that is a multiple of the interval.
    Waiting for the next instance lengthens the job, not the bill.
    """
    losses = mean_between_losses(between_reclaims, notice_success)
    segment = interval + checkpoint if losses == inf else losses * _grown((interval + checkpoint) / losses)
    return (1 + _grown(restore / between_reclaims)) * segment * work / interval


def billed_of_works(
    works: Floats, interval: float, checkpoint: float, restore: float, between_reclaims: float, notice_success: float
) -> Floats:
    """The same for many jobs, each with its own end: no checkpoint follows the last stretch of work.

    A job shorter than the interval takes none at all, which matters where many are.
    """
    losses = mean_between_losses(between_reclaims, notice_success)
    # A job that ends on a checkpoint's moment takes none there.
    full = np.maximum(0.0, np.ceil(works / interval) - 1)
    rest = works - full * interval
    if losses == inf:
        return np.asarray((1 + _grown(restore / between_reclaims)) * (full * (interval + checkpoint) + rest))
    with np.errstate(over="ignore"):
        segments = full * np.expm1((interval + checkpoint) / losses) + np.expm1(rest / losses)
    return np.asarray((1 + _grown(restore / between_reclaims)) * losses * segments)


def billed_without_checkpoints(works: Floats, restart: float, between_reclaims: float) -> Floats:
    """Time billed where each reclaim begins a job anew: (M + R)(e^(L/M) − 1); infinite where it would never end."""
    exponents = works / between_reclaims
    grown = np.expm1(np.minimum(exponents, _LARGEST_EXPONENT))
    return np.where(exponents > _LARGEST_EXPONENT, inf, (between_reclaims + restart) * grown)


def spot_share_of_on_demand(
    price_ratio: float, checkpoint: float, restore: float, between_reclaims: float, notice_success: float = 0.0
) -> float:
    """What work on spot at the best interval costs, as a share of its cost on-demand; spot wins below 1.

    Args:
        price_ratio: ρ, the spot price as a share of the on-demand price.
        checkpoint: C.
        restore: R, as far as it is billed.
        between_reclaims: M.
        notice_success: p.
    """
    interval = best_intervals(checkpoint, between_reclaims, notice_success).best
    if interval == inf:
        return price_ratio * (1 + _grown(restore / between_reclaims))
    return price_ratio * expected_billed(1.0, interval, checkpoint, restore, between_reclaims, notice_success)


def longest_without_checkpoints(price_ratio: float, restart: float, between_reclaims: float) -> float:
    """The longest job for which spot without checkpoints is cheaper than on-demand: ρ(M + R)(e^(L/M) − 1) = L.

    0 where spot never is, infinite where it costs nothing.
    """
    ratio = price_ratio * (between_reclaims + restart) / between_reclaims
    if ratio >= 1:
        return 0.0
    # a (e^x − 1) = x has the root x = −a − W₋₁(−a e^(−a)) besides 0.
    return between_reclaims * (-ratio - lambert_w(-ratio * exp(-ratio), -1)) if ratio > 0 else inf


def _grown(exponent: float) -> float:
    """e^x − 1; infinite, not an error, where reclaims leave no time for any work."""
    return expm1(exponent) if exponent < _LARGEST_EXPONENT else inf
