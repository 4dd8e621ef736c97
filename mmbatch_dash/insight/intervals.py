"""How far apart checkpoints are best taken. All times in one unit, whichever it is."""

from dataclasses import dataclass
from math import exp, inf, sqrt

from mmbatch_dash.insight.special import lambert_w


@dataclass(frozen=True, slots=True)
class Intervals:
    """The best distance between checkpoints, by three formulas; infinite where nothing is ever lost.

    Attributes:
        young: √(2CM′), the first approximation (Young 1974).
        daly: its higher order (Daly 2006).
        best: exact for failures that come at random (exponential).
    """

    young: float
    daly: float
    best: float


def best_intervals(checkpoint: float, between_reclaims: float, notice_success: float = 0.0) -> Intervals:
    """The best work between two checkpoints.

    Args:
        checkpoint: what one checkpoint takes, C.
        between_reclaims: mean time between reclaims, M.
        notice_success: share p of all reclaims before which a last checkpoint still succeeded: those lose nothing, so
            that losses come every M′ = M / (1 − p).

    Raises:
        ValueError: a checkpoint takes no time, reclaims have no distance, or the share is none.
    """
    if not (checkpoint > 0 and between_reclaims > 0 and 0 <= notice_success <= 1):
        raise ValueError("a checkpoint and the time between reclaims must be above 0, the share between 0 and 1")
    between_losses = mean_between_losses(between_reclaims, notice_success)
    if between_losses == inf:
        return Intervals(inf, inf, inf)
    young = sqrt(2 * checkpoint * between_losses)
    half = checkpoint / (2 * between_losses)
    daly = young * (1 + sqrt(half) / 3 + half / 9) - checkpoint if half < 1 else between_losses
    best = between_losses * (1 + lambert_w(-exp(-checkpoint / between_losses - 1)))
    return Intervals(young, daly, best)


def mean_between_losses(between_reclaims: float, notice_success: float) -> float:
    """M′: the mean time between reclaims that lose work; infinite where a last checkpoint always succeeds."""
    return between_reclaims / (1 - notice_success) if notice_success < 1 else inf
