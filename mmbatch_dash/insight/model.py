"""What the work of a group is billed for under one interval or another: the present, the best, none, on-demand."""

from dataclasses import dataclass
from math import inf, isfinite

from mmbatch_dash.insight.billed import billed_of_works, billed_without_checkpoints
from mmbatch_dash.insight.intervals import Intervals, best_intervals
from mmbatch_dash.insight.observed import Observed

DAYS_A_MONTH = 30.0
SECONDS_AN_HOUR = 3600.0
LEAST_INTERVAL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class MonthUsd:
    """What thirty days of the group's work cost; None where it cannot be told.

    Attributes:
        present: as it was.
        best: at the best interval.
        none: without checkpoints.
        on_demand: without reclaims, at the on-demand rate.
    """

    present: float | None = None
    best: float | None = None
    none: float | None = None
    on_demand: float | None = None


class Model:
    """The group's jobs as the formulas see them."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._notice = observed.notice.value if observed.notice else 0.0

    @property
    def checkpoint_seconds(self) -> float | None:
        """C; None where no checkpoint is known."""
        return self._observed.checkpoint.median or None

    @property
    def present_seconds(self) -> float | None:
        """Work between two checkpoints as it was; None where none were taken."""
        distance = self._observed.distance.median
        if distance is None or self.checkpoint_seconds is None:
            return None
        return max(LEAST_INTERVAL_SECONDS, distance - self.checkpoint_seconds)

    def between_reclaims(self, rate_per_hour: float) -> float:
        """M in seconds at a rate; infinite at none."""
        return SECONDS_AN_HOUR / rate_per_hour if rate_per_hour > 0 else inf

    def best(self, rate_per_hour: float) -> Intervals | None:
        """The best intervals at a rate; None where nothing is known of checkpoints, or nothing is ever lost."""
        between, checkpoint = self.between_reclaims(rate_per_hour), self.checkpoint_seconds
        if checkpoint is None or between == inf:
            return None
        found = best_intervals(checkpoint, between, self._notice)
        return found if isfinite(found.best) else None

    def billed_seconds(self, interval: float | None, rate_per_hour: float) -> float:
        """What all the work is billed for with checkpoints this far apart, or none; infinite where it never ends.

        Jobs that were not checkpointed are none here either, whatever the interval.
        """
        observed, between = self._observed, self.between_reclaims(rate_per_hour)
        restore, checkpoint = observed.restore.median or 0.0, self.checkpoint_seconds
        if between == inf:
            return observed.checkpointed.total + observed.other.total
        alone = billed_without_checkpoints(observed.other.seconds, 0.0, between)
        if interval is None or checkpoint is None:
            under = billed_without_checkpoints(observed.checkpointed.seconds, 0.0, between)
        else:
            works = observed.checkpointed.seconds
            under = billed_of_works(works, interval, checkpoint, restore, between, self._notice)
        return float((alone * observed.other.jobs).sum() + (under * observed.checkpointed.jobs).sum())

    def month_usd(self, interval: float | None, best: float | None, rate_per_hour: float | None) -> MonthUsd:
        """The four costs of a month.

        What it cost is known; the others are that times what the model says of each against the present.

        Args:
            interval: present work between checkpoints; None where none are taken.
            best: the best; None where there is none to tell.
            rate_per_hour: of reclaims; None where unknown.
        """
        money = self._observed.money
        work = self._observed.checkpointed.total + self._observed.other.total
        if not money.jobs or work <= 0:
            return MonthUsd()
        month = DAYS_A_MONTH / money.days
        present = money.cost_usd * month
        on_demand = None
        if money.on_demand_usd is not None and money.on_demand_hours > 0:
            on_demand = work / SECONDS_AN_HOUR * money.on_demand_usd / money.on_demand_hours * month
        if rate_per_hour is None:
            return MonthUsd(present=present, on_demand=on_demand)
        now = self.billed_seconds(interval, rate_per_hour)

        def scaled(seconds: float) -> float | None:
            return present * seconds / now if isfinite(seconds) and 0 < now < inf else None

        return MonthUsd(
            present=present,
            best=scaled(self.billed_seconds(best, rate_per_hour)) if best is not None else None,
            none=scaled(self.billed_seconds(None, rate_per_hour)),
            on_demand=on_demand,
        )

    def price_ratio(self) -> float | None:
        """ρ: the spot price as a share of the on-demand price; None where unknown."""
        money = self._observed.money
        if not money.on_demand_usd or not money.on_demand_hours or not money.instance_hours:
            return None
        return (money.cost_usd / money.instance_hours) / (money.on_demand_usd / money.on_demand_hours)
