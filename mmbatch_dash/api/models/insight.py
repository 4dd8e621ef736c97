"""What `GET /api/v1/insight` answers; null is unknown, or too little data."""

from pydantic import Field

from mmbatch_dash.api.models.shape import Count, Instant, Shape
from mmbatch_dash.insight.advice import Verdict
from mmbatch_dash.insight.rates import Method
from mmbatch_dash.metrics.summary import Removed
from mmbatch_dash.services.insight import Insight as Found
from mmbatch_dash.services.insight import InsightBy
from mmbatch_dash.services.insight import Row as FoundRow
from mmbatch_dash.services.replays import Purchase


class ReclaimRate(Shape):
    """Reclaims per hour of spot instance, its 95 % range, and whether that is Poisson's or over zone-days."""

    value: float | None
    low: float | None
    high: float | None
    method: Method | None


class Spread(Shape):
    """Median and 95th percentile of how many values."""

    median: float | None
    p95: float | None
    count: Count


class SizedCheckpoints(Spread):
    """Of the checkpoints from one size to the next, in GiB; `to_gib` null is without end."""

    from_gib: float
    to_gib: float | None


class CheckpointSeconds(Spread):
    """Of all checkpoints, and by queue of those whose size was told, the smallest first."""

    by_size: list[SizedCheckpoints]


class NoticeSuccess(Shape):
    """Share of all reclaims in which a checkpoint begun after the notice succeeded before the end (Wilson)."""

    value: float | None
    low: float | None
    high: float | None
    count: Count


class IntervalSeconds(Shape):
    """From one checkpoint to the next: as observed, as configured, and as three formulas want it.

    `low` and `high` are the best at the ends of the rate's range.
    """

    observed: float | None
    configured: float | None
    young: float | None
    daly: float | None
    best: float | None
    low: float | None
    high: float | None


class MonthUsd(Shape):
    """What thirty days of this work cost: as it was, at the best interval, without checkpoints, on-demand."""

    present: float | None
    best: float | None
    none: float | None
    on_demand: float | None


class UsdPerUseful(Shape):
    """Cost per vCPU-hour that was neither lost nor spent on checkpoints and restores."""

    value: float | None
    low: float | None
    high: float | None


class InsightRow(Shape):
    """One group, and what to change about it."""

    key: str
    exposure_hours: float
    reclaims: Count
    reclaim_rate_per_hour: ReclaimRate
    checkpoint_seconds: CheckpointSeconds
    restore_seconds: Spread
    wait_seconds: Spread
    notice_success: NoticeSuccess
    interval_seconds: IntervalSeconds
    month_usd: MonthUsd
    usd_per_useful_vcpu_hour: UsdPerUseful
    verdict: Verdict
    says: list[str]


class LeftOut(Shape):
    """Selected jobs that are kept only as totals, and in no row here; at most so many where they are not told apart."""

    jobs: Count
    before: Instant | None


class Insight(Shape):
    """The groups of a selection, the costliest first."""

    as_of: Instant
    selection: dict[str, str | list[str]]
    by: InsightBy
    rows: list[InsightRow]
    removed: LeftOut


def as_answer(found: Found, removed: Removed) -> Insight:
    """The answer of what was found.

    Args:
        found: the groups.
        removed: jobs of the selection that are in no list any more.
    """
    rows = [_row(row) for row in found.rows]
    left_out = LeftOut(jobs=removed.jobs, before=removed.before)
    chosen: dict[str, str | list[str]] = {**found.selection.to_query()}
    return Insight(as_of=found.as_of, selection=chosen, by=found.by, rows=rows, removed=left_out)


def _row(row: FoundRow) -> InsightRow:
    observed, advice, month = row.observed, row.advice, row.advice.month_usd
    rate, notice, useful, best = observed.rate, observed.notice, observed.useful, advice.intervals
    spreads = {
        f"{name}_seconds": Spread(median=spread.median, p95=spread.p95, count=spread.count)
        for name, spread in (
            ("restore", observed.restore),
            ("wait", observed.wait),
        )
    }
    return InsightRow(
        key=row.key,
        exposure_hours=observed.exposure_hours,
        reclaims=observed.reclaims,
        reclaim_rate_per_hour=ReclaimRate(
            value=rate.value if rate else None,
            low=rate.low if rate else None,
            high=rate.high if rate else None,
            method=rate.method if rate else None,
        ),
        checkpoint_seconds=CheckpointSeconds(
            median=observed.checkpoint.median,
            p95=observed.checkpoint.p95,
            count=observed.checkpoint.count,
            by_size=[
                SizedCheckpoints(
                    from_gib=sized.from_gib,
                    to_gib=sized.to_gib,
                    median=sized.seconds.median,
                    p95=sized.seconds.p95,
                    count=sized.seconds.count,
                )
                for sized in observed.checkpoint_by_size
            ],
        ),
        **spreads,
        notice_success=NoticeSuccess(
            value=notice.value if notice else None,
            low=notice.low if notice else None,
            high=notice.high if notice else None,
            count=observed.noticed,
        ),
        interval_seconds=IntervalSeconds(
            observed=observed.distance.median,
            configured=observed.configured_seconds,
            young=best.young if best else None,
            daly=best.daly if best else None,
            best=best.best if best else None,
            low=advice.low,
            high=advice.high,
        ),
        month_usd=MonthUsd(present=month.present, best=month.best, none=month.none, on_demand=month.on_demand),
        usd_per_useful_vcpu_hour=UsdPerUseful(
            value=useful.value if useful else None,
            low=useful.low if useful else None,
            high=useful.high if useful else None,
        ),
        verdict=advice.verdict,
        says=row.says,
    )


class Figure(Shape):
    """A figure of a replay over its draws: the middle and its 95 % range; one value thrice where nothing was drawn."""

    median: float
    low: float
    high: float


class ReplayResult(Shape):
    """What a replay came to, beside what happened."""

    actual: dict[str, float]
    replayed: dict[str, Figure]
    jobs: Count
    draws: Count


class ReplayBegun(Shape):
    """A replay that takes longer: ask for it by its id."""

    id: str


class ReplayState(Shape):
    """How far a replay is, and what came of it once it is done."""

    id: str
    progress: float
    result: ReplayResult | None


class ReplayPolicy(Shape):
    """What is supposed."""

    interval: str = Field("as_happened", description="as_happened, as_configured, none, or a duration such as 30m.")
    purchase: Purchase = Field(Purchase.SPOT, description="Spot, or on-demand, which is never taken back.")
    on_notice: bool = Field(True, description="Whether a reclaim that is announced is met with a checkpoint.")
