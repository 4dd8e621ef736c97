"""What was observed of one group of jobs: the input of advice."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mmbatch_dash.insight.ranges import Range
from mmbatch_dash.insight.rates import Rate
from mmbatch_dash.insight.survival import Weibull

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True)
class Spread:
    """How values spread; None where there are none."""

    median: float | None = None
    p95: float | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Sized:
    """How long checkpoints of a size took.

    Attributes:
        from_gib, to_gib: the size lies in between; to_gib None where there is no end.
        seconds: how they spread.
    """

    from_gib: float
    to_gib: float | None
    seconds: Spread


@dataclass(frozen=True, slots=True)
class Works:
    """How much jobs worked, in seconds without what was lost or spent on checkpoints and restores.

    Attributes:
        seconds: of the jobs in a bin, on average.
        jobs: how many are in it.
    """

    seconds: Floats = field(default_factory=_none)
    jobs: Floats = field(default_factory=_none)

    @property
    def total(self) -> float:
        """Seconds of all jobs."""
        return float((self.seconds * self.jobs).sum())


@dataclass(frozen=True, slots=True)
class Money:
    """What the ended jobs on spot cost.

    Attributes:
        days: how long the time is that they come from.
        on_demand_usd: the hours of `on_demand_hours` at the on-demand rate; None where none is known.
        lost_usd: what the lost seconds cost.
        checkpointed_jobs: jobs with a checkpoint that succeeded.
    """

    jobs: int = 0
    days: float = 1.0
    cost_usd: float = 0.0
    instance_hours: float = 0.0
    on_demand_usd: float | None = None
    on_demand_hours: float = 0.0
    lost_usd: float = 0.0
    checkpointed_jobs: int = 0


@dataclass(frozen=True, slots=True)
class FailedRestore:
    """Restores that failed with one text.

    Attributes:
        other_gpu: how many of them were on another kind of GPU instance than the checkpoint.
        tried: restores of the group that ended either way.
        lost_usd: what the work that those jobs lost cost; None where unknown.
    """

    error: str
    failed: int
    other_gpu: int
    tried: int
    lost_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One group.

    Attributes:
        rate: None without exposure.
        lives: how instances age, where enough were taken back.
        checkpoint_by_size: of those whose size was told, the smallest first.
        notice: share of all reclaims in which a checkpoint begun after the notice succeeded; None without reclaims.
        distance: from one checkpoint to the next.
        configured_seconds: the interval that attempts were told as they began (median), else the one that the
            configuration asks for; None where it asks for none, or several.
        checkpointed, other: works of the jobs with checkpoints, and of those without.
        useful: USD per useful vCPU-hour; None where unknown.
    """

    key: str
    exposure_hours: float = 0.0
    reclaims: int = 0
    rate: Rate | None = None
    lives: Weibull | None = None
    checkpoint: Spread = Spread()
    checkpoint_by_size: tuple[Sized, ...] = ()
    restore: Spread = Spread()
    wait: Spread = Spread()
    distance: Spread = Spread()
    notice: Range | None = None
    noticed: int = 0
    configured_seconds: float | None = None
    checkpointed: Works = field(default_factory=Works)
    other: Works = field(default_factory=Works)
    money: Money = Money()
    useful: Range | None = None
    failed_restores: tuple[FailedRestore, ...] = ()
