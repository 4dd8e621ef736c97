"""Whether the advice is right: worlds of the demo's market, waves and all, in which the truth is known.

Jobs are run here by a program of its own: work, a checkpoint that holds the work up, a reclaim that the market decides,
a restore on the next instance. What the advice makes of such a world is held against fresh ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from random import Random

import numpy as np
import pandas as pd

from mmbatch_dash.demo import DEFAULT_SCENARIO
from mmbatch_dash.demo.market import Market
from mmbatch_dash.demo.scenario import InstanceShape, Scenario
from mmbatch_dash.insight.intervals import best_intervals
from mmbatch_dash.insight.model import Model
from mmbatch_dash.insight.observed import Money, Observed, Spread, Works
from mmbatch_dash.insight.ranges import Range, poisson_range
from mmbatch_dash.insight.rates import Rate, reclaim_rate

DAY = 86_400.0
START = 1_770_000_000.0 - 1_770_000_000.0 % DAY
MINUTE = 60.0
JOBS = 400


@dataclass(frozen=True)
class Setting:
    """What a world is made of: reclaims an hour besides waves, waves a zone and day, p, seconds of C and R."""

    name: str
    reclaims_per_hour: float
    waves: float
    notice_success: float = 0.0
    checkpoint: float = 40.0
    restore: float = 90.0
    median_minutes: float = 150.0
    present: float = 15 * MINUTE

    def scenario(self) -> Scenario:
        """The demo's, with these reclaims."""
        return DEFAULT_SCENARIO.model_copy(update={"bursts_per_zone_day": self.waves})

    def shape(self) -> InstanceShape:
        """An instance type with this rate."""
        return InstanceShape(
            name="m5.2xlarge", vcpus=8, memory_gib=32, on_demand_usd=0.4, reclaims_per_hour=self.reclaims_per_hour
        )


SETTINGS = (
    Setting("few, in waves", 0.03, 0.25),
    Setting("many, in waves", 0.15, 0.25),
    Setting("many, wild waves", 0.10, 0.6),
    Setting("no waves", 0.10, 0.0),
    Setting("waves, 80 % saved on notice", 0.15, 0.25, notice_success=0.8),
)


@dataclass(frozen=True)
class World:
    """What happened: stays (zone, since, until, taken), useful and billed seconds, and the work of each job."""

    stays: list[tuple[str, float, float, bool]]
    works: list[float]
    billed: float
    saved_on_notice: int

    @property
    def loss(self) -> float:
        """Billed seconds that were no useful work."""
        return self.billed - sum(self.works)


def run_world(setting: Setting, seed: int, interval: float | None, *, jobs: int = JOBS) -> World:
    """A month of jobs; the same jobs and the same fates of instances for the same seed, whatever the interval."""
    market = Market(setting.scenario(), f"calibrate-{setting.name}-{seed}", START)
    shape, zones = setting.shape(), setting.scenario().zones
    draw = Random(f"jobs-{setting.name}-{seed}")
    stays: list[tuple[str, float, float, bool]] = []
    works, billed, saved = [], 0.0, 0
    for number in range(jobs):
        at = START + draw.random() * 28 * DAY
        work = 60 * draw.lognormvariate(log(setting.median_minutes), 0.8)
        works.append(work)
        fate = Random(f"fate-{setting.name}-{seed}-{number}")
        left, carried = work, False
        while True:
            zone = fate.choice(zones)
            until = market.draw_reclaim(fate, zone, shape, at)
            notice_helps = fate.random() < setting.notice_success
            lasts, leaves = _attempt(setting, left, interval, carried, until - at, notice_helps=notice_helps)
            billed += lasts
            taken = leaves < left
            stays.append((zone, at, at + lasts, taken))
            if not taken:
                break
            saved += notice_helps
            carried = carried or leaves > 0
            left -= leaves
            at += lasts + fate.uniform(60, 600)
    return World(stays, works, billed, saved)


def _attempt(
    setting: Setting, left: float, interval: float | None, carried: bool, until: float, *, notice_helps: bool
) -> tuple[float, float]:
    """(seconds it lasts, work it does or leaves): all that is left where it ends by itself."""
    clock, done, kept = (setting.restore if carried else 0.0), 0.0, 0.0
    while True:
        stretch = left - done if interval is None else min(interval, left - done)
        if clock + stretch > until:
            at_end = done + max(0.0, until - clock)
            return until, min(at_end, left - 1e-6) if notice_helps else kept
        clock, done = clock + stretch, done + stretch
        if left - done < 1e-6:
            return clock, left
        if clock + setting.checkpoint > until:
            return until, done if notice_helps else kept
        clock += setting.checkpoint
        kept = done


def zone_days(world: World) -> pd.DataFrame:
    """Its exposure and reclaims by zone and day."""
    rows: dict[tuple[str, int], list[float]] = {}
    for zone, since, until, taken in world.stays:
        day = int(since // DAY)
        while day * DAY < until:
            hours = (min(until, (day + 1) * DAY) - max(since, day * DAY)) / 3600
            rows.setdefault((zone, day), [0.0, 0.0])[0] += hours
            day += 1
        if taken:
            rows.setdefault((zone, int(until // DAY)), [0.0, 0.0])[1] += 1
    return pd.DataFrame(list(rows.values()), columns=["exposure_hours", "reclaims"])


def observe(setting: Setting, world: World) -> Observed:
    """What the page would know of it."""
    days = zone_days(world)
    rate = reclaim_rate(days)
    taken = int(days["reclaims"].sum())
    share = world.saved_on_notice / taken if taken else 0.0
    works = np.array(world.works)
    return Observed(
        key="calibrated",
        exposure_hours=float(days["exposure_hours"].sum()),
        reclaims=taken,
        rate=rate,
        checkpoint=Spread(setting.checkpoint, setting.checkpoint, 100),
        restore=Spread(setting.restore, setting.restore, 100),
        distance=Spread(setting.present + setting.checkpoint, setting.present + setting.checkpoint, 100),
        notice=Range(share, share, share),
        checkpointed=Works(works, np.ones(len(works))),
        money=Money(jobs=len(works), cost_usd=1.0, instance_hours=world.billed / 3600, checkpointed_jobs=len(works)),
    )


def true_rate(setting: Setting, seeds: Sequence[int]) -> float:
    """Reclaims an hour over many worlds."""
    days = pd.concat([zone_days(run_world(setting, seed, setting.present)) for seed in seeds])
    return float(days["reclaims"].sum() / days["exposure_hours"].sum())


@dataclass(frozen=True)
class Coverage:
    """How many of the ranges hold the true rate, and how many would if reclaims were taken for Poisson's."""

    seeds: int
    held: int
    held_poisson: int


def cover(setting: Setting, seeds: Sequence[int], truth: float) -> Coverage:
    """Over worlds, one a seed."""
    held = poisson = 0
    for seed in seeds:
        days = zone_days(run_world(setting, seed, setting.present))
        rate = reclaim_rate(days)
        assert isinstance(rate, Rate)
        held += rate.low <= truth <= rate.high
        exact = poisson_range(int(days["reclaims"].sum()), float(days["exposure_hours"].sum()))
        poisson += exact.low <= truth <= exact.high
    return Coverage(len(seeds), held, poisson)


@dataclass(frozen=True)
class Tried:
    """Advice from one world against the truth of fresh ones; seconds, and shares of useful time.

    Attributes:
        best: the interval that cost least among those tried.
        extra: what the advised one costs above the best, as a share of all that is billed.
        predicted, simulated: loss at the advised interval, at four times that, and without checkpoints.
    """

    advised: float
    best: float
    extra: float
    predicted: tuple[float, ...]
    simulated: tuple[float, ...]


def try_out(setting: Setting, seen: Sequence[int], fresh: Sequence[int], *, tried: int = 25) -> Tried:
    """Advice from the worlds seen together, held against others in which so many intervals are tried."""
    worlds = [run_world(setting, seed, setting.present) for seed in seen]
    together = World(
        [stay for world in worlds for stay in world.stays],
        [work for world in worlds for work in world.works],
        sum(world.billed for world in worlds),
        sum(world.saved_on_notice for world in worlds),
    )
    observed = observe(setting, together)
    assert observed.rate is not None
    assert observed.notice is not None
    between = 3600 / observed.rate.value
    advised = best_intervals(setting.checkpoint, between, observed.notice.value).best
    grid = [advised * factor for factor in np.geomspace(0.35, 3.0, tried)]
    costs = [_billed(setting, fresh, interval) for interval in grid]
    # The curve is flat and the worlds are few: its lowest point is that of the parabola through it, in log interval.
    a, b, _ = np.polyfit(np.log(grid), costs, 2)
    lowest = float(np.exp(-b / (2 * a)))
    least = _billed(setting, fresh, lowest)
    model = Model(observed)
    seen_work = float(observed.checkpointed.total)
    predicted, simulated = [], []
    for interval in (advised, advised * 4, None):
        predicted.append(model.billed_seconds(interval, observed.rate.value) / seen_work - 1)
        # Where no checkpoints are taken, none is taken on notice either.
        suited = replace(setting, notice_success=0.0) if interval is None else setting
        runs = [run_world(suited, seed, interval) for seed in fresh]
        work = sum(sum(world.works) for world in runs)
        simulated.append(sum(world.billed for world in runs) / work - 1)
    return Tried(advised, lowest, _billed(setting, fresh, advised) / least - 1, tuple(predicted), tuple(simulated))


def _billed(setting: Setting, seeds: Sequence[int], interval: float) -> float:
    return sum(run_world(setting, seed, interval).billed for seed in seeds)
