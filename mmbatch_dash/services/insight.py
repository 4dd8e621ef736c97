"""What to change and how sure that is: the selected jobs, reduced in the store, as advice by group."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import pandas as pd

from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.config.ckpt import CkptMode
from mmbatch_dash.domain.selection import UNKNOWN, Selection
from mmbatch_dash.insight.advice import Advice, advise
from mmbatch_dash.insight.observed import FailedRestore, Money, Observed, Sized, Spread, Works
from mmbatch_dash.insight.pools import Compared, compare_pools, cost_of_useful
from mmbatch_dash.insight.ranges import wilson_range
from mmbatch_dash.insight.rates import reclaim_rate
from mmbatch_dash.insight.sentences import describe, describe_pool
from mmbatch_dash.insight.survival import fit_weibull
from mmbatch_dash.services.insight_applied import Applied, compare, latest_changes
from mmbatch_dash.services.insight_waiting import Waiting, read_waiting
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.daily import SIZE_EDGES_GIB
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.insight.engine import (
    fetch_engine_spreads,
    fetch_failed_restores,
    fetch_notices,
    fetch_sized_checkpoints,
    fetch_told_intervals,
)
from mmbatch_dash.store.queries.insight.exposure import fetch_lives, fetch_zone_days
from mmbatch_dash.store.queries.insight.placed import InsightBy, place_attempts
from mmbatch_dash.store.queries.insight.work import fetch_money, fetch_useful, fetch_works

__all__ = ["Applied", "Insight", "InsightBy", "Insights", "Row"]

KEPT_FOR = timedelta(minutes=1)
KEPT_ANSWERS = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One group: what was observed of it, and what follows.

    Attributes:
        pool: how its useful work compares in price; None where groups are no pools.
        says: the advice in sentences.
        applied: what the latest change of the interval did; None where there was none.
    """

    observed: Observed
    advice: Advice
    pool: Compared | None
    says: list[str]
    applied: Applied | None = None

    @property
    def key(self) -> str:
        """What the group is called."""
        return self.observed.key


@dataclass(frozen=True, slots=True)
class Insight:
    """The groups of a selection, the costliest first."""

    as_of: datetime
    selection: Selection
    by: InsightBy
    rows: list[Row]


class Insights:
    """Answers about selections; thread-safe."""

    def __init__(
        self,
        database: Database,
        reports: Reports,
        config: ConfigStore,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._reports, self._config, self._clock = database, reports, config, clock
        self._kept: OrderedDict[Any, Insight] = OrderedDict()
        self._lock = Lock()

    def read(self, selection: Selection, by: InsightBy = InsightBy.QUEUE) -> Insight:
        """The groups of the selected jobs; asked again of unchanged data, as they were up to a minute ago."""
        config, now = self._config.current(), self._clock()
        question = (self._reports.version(), selection, by, repr(config.ckpt), repr(config.aws.purchase_options))
        with self._lock:
            kept = self._kept.get(question)
            if kept is not None and now - kept.as_of <= KEPT_FOR:
                return kept
        found = self._read(selection, by, config, now)
        if by is InsightBy.QUEUE:
            found = replace(found, rows=self._with_changes(found, config))
        with self._lock:
            self._kept[question] = found
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return found

    def waiting(self, selection: Selection) -> Waiting:
        """How long the selected jobs wait, and how much of what they ask for they use."""
        return read_waiting(self._database, selection, self._clock())

    def _with_changes(self, insight: Insight, config: Config) -> list[Row]:
        """The rows, with what the latest change of each queue's interval did."""
        changes = latest_changes(self._config.history(), [row.key for row in insight.rows])
        applied = {}
        for queue, change in changes.items():
            spans = [
                insight.selection.model_copy(update={"queue": (queue,), "from_at": from_at, "to_at": to_at})
                for from_at, to_at in change.spans(insight.as_of)
            ]
            before, after = (self._read(span, InsightBy.QUEUE, config, insight.as_of).rows for span in spans)
            applied[queue] = compare(change, before[0] if before else None, after[0] if after else None, insight.as_of)
        return [replace(row, applied=applied.get(row.key)) for row in insight.rows]

    def _read(self, selection: Selection, by: InsightBy, config: Config, now: datetime) -> Insight:
        known = tuple(config.aws.purchase_options)
        with self._database.snapshot() as cursor:
            placed = place_attempts(cursor, selection, by, now, self._reports.stale_after(), known)
            frames = _Frames(
                zone_days=_by_key(fetch_zone_days(cursor)),
                lives=_by_key(fetch_lives(cursor, placed)),
                spreads={name: _spreads(frame) for name, frame in fetch_engine_spreads(cursor, placed).items()},
                sized=_by_key(fetch_sized_checkpoints(cursor, placed)),
                notices=_by_key(fetch_notices(cursor)),
                told=dict(fetch_told_intervals(cursor, placed).itertuples(index=False, name=None)),
                failed=_by_key(fetch_failed_restores(cursor)),
                money=_by_key(fetch_money(cursor, placed)),
                works=_by_key(fetch_works(cursor, placed)),
                useful=fetch_useful(cursor),
            )
        pools = compare_pools(frames.useful) if by is InsightBy.POOL else {}
        useful = _by_key(frames.useful)
        keys = sorted({*frames.zone_days, *frames.money, *useful})
        rows = [_row(key, frames, useful, pools, _configured(config, by, key), selection) for key in keys]
        rows.sort(key=lambda row: (-row.observed.money.cost_usd, row.key == UNKNOWN, row.key))
        return Insight(now, selection, by, rows)


@dataclass(frozen=True, slots=True)
class _Frames:
    zone_days: Mapping[str, pd.DataFrame]
    lives: Mapping[str, pd.DataFrame]
    spreads: Mapping[str, Mapping[str, Spread]]
    sized: Mapping[str, pd.DataFrame]
    notices: Mapping[str, pd.DataFrame]
    told: Mapping[str, float]
    failed: Mapping[str, pd.DataFrame]
    money: Mapping[str, pd.DataFrame]
    works: Mapping[str, pd.DataFrame]
    useful: pd.DataFrame


def _row(
    key: str,
    frames: _Frames,
    useful: Mapping[str, pd.DataFrame],
    pools: Mapping[str, Compared],
    configured: float | None,
    selection: Selection,
) -> Row:
    days, lives, notices = frames.zone_days.get(key), frames.lives.get(key), frames.notices.get(key)
    reclaimed = int(notices["reclaimed"].sum()) if notices is not None else 0
    observed = Observed(
        key=key,
        exposure_hours=float(days["exposure_hours"].sum()) if days is not None else 0.0,
        reclaims=int(days["reclaims"].sum()) if days is not None else 0,
        rate=reclaim_rate(days) if days is not None else None,
        lives=fit_weibull(lives) if lives is not None else None,
        **{name: spreads.get(key, Spread()) for name, spreads in frames.spreads.items()},
        checkpoint_by_size=_sized(frames.sized.get(key)),
        notice=wilson_range(int(notices["saved"].sum()), reclaimed) if notices is not None and reclaimed else None,
        noticed=reclaimed,
        configured_seconds=frames.told.get(key, configured),
        checkpointed=_works(frames.works.get(key), checkpointed=True),
        other=_works(frames.works.get(key), checkpointed=False),
        money=_money(frames.money.get(key), selection),
        useful=cost_of_useful(useful[key]) if key in useful else None,
        failed_restores=_failed(frames.failed.get(key)),
    )
    advice, pool = advise(observed), pools.get(key)
    says = [*(describe_pool(observed, pool) if pool else []), *describe(observed, advice)]
    return Row(observed, advice, pool, says)


def _by_key(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(key): own for key, own in frame.groupby("key")}


def _spreads(frame: pd.DataFrame) -> dict[str, Spread]:
    return {row["key"]: Spread(row["median"], row["p95"], row["count"]) for row in frame.to_dict("records")}


def _sized(frame: pd.DataFrame | None) -> tuple[Sized, ...]:
    edges: tuple[float | None, ...] = (0.0, *SIZE_EDGES_GIB, None)
    rows = frame.to_dict("records") if frame is not None else []
    return tuple(
        Sized(edges[at] or 0.0, edges[at + 1], Spread(row["median"], row["p95"], row["count"]))
        for at, row in ((int(row["size_class"]), row) for row in rows)
    )


def _works(frame: pd.DataFrame | None, *, checkpointed: bool) -> Works:
    if frame is None:
        return Works()
    own = frame[frame["is_checkpointed"] == checkpointed]
    return Works(own["work"].to_numpy(dtype=float), own["jobs"].to_numpy(dtype=float))


def _money(frame: pd.DataFrame | None, selection: Selection) -> Money:
    if frame is None:
        return Money()
    [row] = frame.to_dict("records")
    first = selection.from_at or row["first_at"].tz_localize("UTC")
    last = selection.to_at or row["last_at"].tz_localize("UTC")
    return Money(
        jobs=int(row["jobs"]),
        # Under a day nobody can tell what a month would be; a day's work then stands for each of its days.
        days=max(1.0, (last - first).total_seconds() / 86_400),
        cost_usd=float(row["cost_usd"]),
        instance_hours=float(row["instance_hours"]),
        on_demand_usd=None if pd.isna(row["on_demand_usd"]) else float(row["on_demand_usd"]),
        on_demand_hours=float(row["on_demand_hours"]),
        lost_usd=float(row["lost_usd"]),
        checkpointed_jobs=int(row["checkpointed_jobs"]),
    )


def _failed(frame: pd.DataFrame | None) -> tuple[FailedRestore, ...]:
    if frame is None:
        return ()
    return tuple(
        FailedRestore(
            str(row["error"] or "no reason given"),
            failed=int(row["failed"]),
            other_gpu=int(row["other_gpu"]),
            tried=int(row["tried"]),
            lost_usd=None if pd.isna(row["lost_usd"]) else float(row["lost_usd"]),
        )
        for row in frame.to_dict("records")
    )


def _configured(config: Config, by: InsightBy, key: str) -> float | None:
    """The interval asked for in seconds; None where checkpoints are off, or queues that differ run together."""
    if by is InsightBy.QUEUE and key != UNKNOWN:
        mode, interval = config.ckpt.for_queue(key)
    elif config.ckpt.queues:
        return None
    else:
        mode, interval = config.ckpt.mode, config.ckpt.interval
    return None if mode is CkptMode.NONE else interval.seconds
