"""What to do about one group, and what it would change."""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from mmbatch_dash.insight.billed import spot_share_of_on_demand
from mmbatch_dash.insight.intervals import Intervals
from mmbatch_dash.insight.model import DAYS_A_MONTH, SECONDS_AN_HOUR, Model, MonthUsd
from mmbatch_dash.insight.observed import Observed
from mmbatch_dash.insight.ranges import Range

FEWEST_RECLAIMS = 5
"""Below, the range of a rate spans more than a factor of seven: no interval follows from that."""
FLAT_SHARE = 0.005
"""Cost changes by less than this share of it are not worth a change: the curve is flat around the best."""
UNPROTECTED_LOSS_USD = 10.0
"""A month's loss from which a group without any checkpoint is told to take some."""
NOTICE_SUFFICES = 0.9
AGES = 0.01
"""Probability under which instances are not called memoryless."""
FEWEST_LIVES = 30


class Verdict(StrEnum):
    """What to do with the interval."""

    RAISE = "raise"
    LOWER = "lower"
    KEEP = "keep"
    PROTECT = "protect"
    ON_DEMAND = "on_demand"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True, slots=True)
class Young:
    """What the first hour of an instance's life would ask for.

    Attributes:
        rate: reclaims an hour in it.
        best: the best interval at that rate, in seconds.
        saves_usd: a month, if all instances were that young, against the best interval at the overall rate.
    """

    rate: float
    best: float
    saves_usd: float | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows from what was observed.

    Attributes:
        intervals: the best ones at the observed rate; None where they cannot be told.
        low, high: the best interval at the ends of the rate's range; high None where the rate may be 0.
        present_seconds: work between checkpoints as it was; None where none were taken.
        spot_share: cost of work on spot at the best interval, as a share of on-demand; None where unknown.
        spot_share_low, spot_share_high: the same where reclaims are as rare, and as frequent, as they may be.
        lost_usd: a month.
        present_usd: what the present interval costs a month, and at the ends of the rate's range; None where that
            cannot be told.
        none_usd: the same without checkpoints.
        young: what instances that are taken back in their first hour more or less often than later would change; None
            where they age as the best interval supposes, or too few tell, or they live too short.
        saves: what the best interval would save a month, in USD, and at the ends of the rate's range; None where that
            cannot be told.
    """

    verdict: Verdict
    intervals: Intervals | None
    low: float | None
    high: float | None
    present_seconds: float | None
    month_usd: MonthUsd
    spot_share: float | None
    spot_share_low: float | None
    spot_share_high: float | None
    lost_usd: float
    saves: Range | None
    present_usd: Range | None
    none_usd: Range | None
    young: Young | None


def advise(observed: Observed) -> Advice:
    """The advice on one group."""
    model, rate = Model(observed), observed.rate
    value = rate.value if rate else 0.0
    intervals = model.best(value)
    ends = [model.best(end) if rate else None for end in ((rate.high, rate.low) if rate else (0.0, 0.0))]
    low, high = (end.best if end and intervals else None for end in ends)
    present = model.present_seconds
    month = model.month_usd(present, intervals.best if intervals else None, value if rate else None)
    advice = Advice(
        verdict=Verdict.TOO_LITTLE,
        intervals=intervals,
        low=low,
        high=high,
        present_seconds=present,
        month_usd=month,
        spot_share=_spot_share(observed, model, value),
        spot_share_low=_spot_share(observed, model, rate.low if rate else 0.0),
        spot_share_high=_spot_share(observed, model, rate.high if rate else 0.0),
        lost_usd=observed.money.lost_usd * DAYS_A_MONTH / observed.money.days,
        saves=_saves(observed, model, present, intervals.best if intervals else None),
        present_usd=_cost(observed, model, present, present, month.present),
        none_usd=_cost(observed, model, None, present, month.present),
        young=_young(observed, model, intervals.best if intervals else None),
    )
    return replace(advice, verdict=_judge(advice, observed))


def _saves(observed: Observed, model: Model, present: float | None, best: float | None) -> Range | None:
    rate = observed.rate
    if rate is None or present is None or best is None:
        return None
    months = [model.month_usd(present, best, end) for end in (rate.value, rate.low, rate.high)]
    saved = [month.present - month.best for month in months if month.present is not None and month.best is not None]
    return Range(saved[0], min(saved), max(saved)) if len(saved) == len(months) else None


def _cost(
    observed: Observed, model: Model, interval: float | None, present: float | None, month_usd: float | None
) -> Range | None:
    rate = observed.rate
    if rate is None or month_usd is None:
        return None
    now = model.billed_seconds(present, rate.value)
    if not 0 < now < inf:
        return None
    return Range(*(month_usd * model.billed_seconds(interval, end) / now for end in (rate.value, rate.low, rate.high)))


def _young(observed: Observed, model: Model, best: float | None) -> Young | None:
    lives = observed.lives
    if lives is None or observed.reclaims < FEWEST_LIVES or lives.memoryless_probability >= AGES or best is None:
        return None
    rate = (SECONDS_AN_HOUR / lives.scale) ** lives.shape
    intervals = model.best(rate)
    # Where few live for an hour, the curve says nothing of an hour that agrees with what was seen.
    agrees = observed.rate is not None and (rate > observed.rate.value) == (lives.shape < 1)
    if intervals is None or not agrees:
        return None
    month = model.month_usd(best, intervals.best, rate)
    saves = None if month.present is None or month.best is None else max(0.0, month.present - month.best)
    return Young(rate, intervals.best, saves)


def _judge(advice: Advice, observed: Observed) -> Verdict:
    if not observed.money.checkpointed_jobs and not observed.checkpoint.count:
        if observed.reclaims < FEWEST_RECLAIMS:
            return Verdict.TOO_LITTLE
        return Verdict.PROTECT if advice.lost_usd > UNPROTECTED_LOSS_USD else Verdict.KEEP
    if observed.reclaims < FEWEST_RECLAIMS or observed.rate is None:
        return Verdict.TOO_LITTLE
    if advice.spot_share_low is not None and advice.spot_share_low > 1:
        return Verdict.ON_DEMAND
    if observed.notice and observed.notice.low >= NOTICE_SUFFICES:
        return Verdict.RAISE
    return _compare(advice)


def _compare(advice: Advice) -> Verdict:
    present, saves, month = advice.present_seconds, advice.saves, advice.month_usd
    if present is None or advice.intervals is None:
        return Verdict.TOO_LITTLE
    if saves is not None and month.present and saves.value < FLAT_SHARE * month.present:
        return Verdict.KEEP
    if advice.low is not None and present < advice.low:
        return Verdict.RAISE
    if advice.high is not None and present > advice.high:
        return Verdict.LOWER
    return Verdict.KEEP


def _spot_share(observed: Observed, model: Model, rate_per_hour: float) -> float | None:
    ratio, checkpoint = model.price_ratio(), model.checkpoint_seconds
    if ratio is None or checkpoint is None:
        return None
    if rate_per_hour <= 0:
        return ratio
    notice = observed.notice.value if observed.notice else 0.0
    between = model.between_reclaims(rate_per_hour)
    return spot_share_of_on_demand(ratio, checkpoint, observed.restore.median or 0.0, between, notice)
