"""How long instances live: whether age matters. Lives that ended otherwise are censored, never dropped."""

from dataclasses import dataclass
from math import log

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mmbatch_dash.insight.special import chi_square_tail, find_root

Floats = NDArray[np.float64]
_SHAPES = (0.02, 50.0)
_CHI_SQUARE_95 = 3.841458820694124


@dataclass(frozen=True, slots=True)
class Weibull:
    """A Weibull distribution fitted by maximum likelihood, beside the exponential that it is for shape 1.

    Attributes:
        shape: under 1 the young are taken more often, above 1 the old.
        shape_low, shape_high: the 95 % range of the shape: where the likelihood, at the scale that fits best, is not
            clearly worse.
        scale: in the unit of the lives.
        memoryless_probability: how likely the shape would be as far from 1 by chance (likelihood ratio, χ² with one
            degree of freedom).
    """

    shape: float
    shape_low: float
    shape_high: float
    scale: float
    log_likelihood: float
    exponential_log_likelihood: float
    memoryless_probability: float


def kaplan_meier(lives: pd.DataFrame) -> pd.Series:
    """The share still alive after each time at which a life ended, by that time in order; empty where none ended.

    Args:
        lives: a row a life, or with `lives` counts of equal ones: duration, ended (whether it ended or was censored).
    """
    counts = lives["lives"] if "lives" in lives else pd.Series(1, index=lives.index)
    by_time = pd.DataFrame({"duration": lives["duration"], "lives": counts, "ended": counts.where(lives["ended"], 0)})
    by_time = by_time.groupby("duration").sum().sort_index()
    at_risk = by_time["lives"][::-1].cumsum()[::-1]
    alive = (1 - by_time["ended"] / at_risk).cumprod()
    return alive[by_time["ended"] > 0]


def fit_weibull(lives: pd.DataFrame) -> Weibull | None:
    """The Weibull distribution of lives, censored ones included; None with fewer than two that ended.

    Args:
        lives: as for `kaplan_meier`; lives of no length are left out.
    """
    lives = lives[lives["duration"] > 0]
    times = lives["duration"].to_numpy(dtype=float)
    counts = lives["lives"].to_numpy(dtype=float) if "lives" in lives else np.ones(len(times))
    ended = np.where(lives["ended"].to_numpy(dtype=bool), counts, 0.0)
    events, longest = float(ended.sum()), times.max(initial=0.0)
    if events < 2:
        return None
    # Powers of times near 1 neither overflow nor vanish.
    times, logs = times / longest, np.log(times / longest)
    mean_log = float((ended * logs).sum()) / events

    def slope(shape: float) -> float:
        powers = counts * times**shape
        return float((powers * logs).sum() / powers.sum()) - 1 / shape - mean_log

    if slope(_SHAPES[1]) <= 0:
        return None
    shape = find_root(slope, *_SHAPES)
    fitted = _log_likelihood(shape, times, logs, counts, ended) - events * log(longest)
    exponential = _log_likelihood(1.0, times, logs, counts, ended) - events * log(longest)

    def worse(other: float) -> float:
        least = fitted + events * log(longest) - _CHI_SQUARE_95 / 2
        return _log_likelihood(other, times, logs, counts, ended) - least

    low, high = (find_root(worse, *sorted((shape, end))) if worse(end) < 0 else end for end in _SHAPES)
    scale = longest * (float((counts * times**shape).sum()) / events) ** (1 / shape)
    memoryless = chi_square_tail(1, max(0.0, 2 * (fitted - exponential)))
    return Weibull(shape, low, high, scale, fitted, exponential, memoryless)


def _log_likelihood(shape: float, times: Floats, logs: Floats, counts: Floats, ended: Floats) -> float:
    """At the scale that fits this shape best, where the sum of (time / scale)^shape is the number of events."""
    events = float(ended.sum())
    mean_power = float((counts * times**shape).sum()) / events
    return events * log(shape) - events * log(mean_power) + (shape - 1) * float((ended * logs).sum()) - events
