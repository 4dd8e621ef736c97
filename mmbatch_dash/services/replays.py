"""Replays of the selected jobs: prepared from the store, run in a thread, told how far they are, cancelled."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from math import inf
from threading import Event, Lock, Thread
from typing import Any

import numpy as np

from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.config.ckpt import CkptMode
from mmbatch_dash.domain.durations import parse_duration
from mmbatch_dash.domain.errors import InvalidInput, NotFound, StoreUnavailable
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.insight.replay import DRAWS, FIGURES, Attempts, Cancelled, Result, replay, spread_of
from mmbatch_dash.insight.running import Jobs
from mmbatch_dash.services.reports import Reports
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.insight.exposure import fetch_zone_days
from mmbatch_dash.store.queries.insight.placed import InsightBy, choose_jobs, place_attempts
from mmbatch_dash.store.queries.insight.replays import Array, Replayed, fetch_replayed

AS_HAPPENED, AS_CONFIGURED, NONE = "as_happened", "as_configured", "none"
AT_ONCE_SECONDS = 2.0
MOST_RUNNING = 2
MOST_KEPT = 20
_RATES_KNOWN, _ALL_READ = 0.1, 0.7
"""Share of the time after which each is, of a million jobs."""


class Purchase(StrEnum):
    """How instances are bought."""

    SPOT = "spot"
    ON_DEMAND = "on-demand"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is supposed: `interval` is AS_HAPPENED, AS_CONFIGURED, NONE or a duration."""

    interval: str = AS_HAPPENED
    purchase: Purchase = Purchase.SPOT
    on_notice: bool = True


@dataclass(slots=True)
class Replay:
    """One replay.

    Attributes:
        share: how much of it is done, 0 to 1.
        answer: what came of it; None while it runs.
        error: why nothing came of it.
    """

    id: str
    share: float = 0.0
    answer: dict[str, Any] | None = None
    error: Exception | None = None
    cancelled: bool = False
    ended: Event = field(default_factory=Event)

    def tell(self, share: float) -> None:
        """Notes how far it is.

        Raises:
            Cancelled: nobody wants it any more.
        """
        if self.cancelled:
            raise Cancelled
        self.share = share


class Replays:
    """Starts, keeps and ends replays; thread-safe."""

    def __init__(
        self,
        database: Database,
        reports: Reports,
        config: Callable[[], Config],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._reports, self._config, self._clock = database, reports, config, clock
        self._kept: OrderedDict[str, Replay] = OrderedDict()
        self._lock = Lock()

    def start(self, selection: Selection, policy: Policy) -> Replay:
        """A replay under way, or already done where it is quick.

        Raises:
            InvalidInput: the interval is none.
            StoreUnavailable: too many run already.
        """
        interval = _read_interval(policy.interval)
        one = Replay(secrets.token_urlsafe(9))
        with self._lock:
            if sum(not other.ended.is_set() for other in self._kept.values()) >= MOST_RUNNING:
                raise StoreUnavailable("Two replays run already; wait for one to end, or cancel it.")
            self._kept[one.id] = one
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        Thread(target=self._run, args=(one, selection, policy, interval), name="replay", daemon=True).start()
        one.ended.wait(AT_ONCE_SECONDS)
        if one.error is not None:
            raise one.error
        return one

    def find(self, name: str) -> Replay:
        """One that was started.

        Raises:
            NotFound: there is none of that id, or it was cancelled or is forgotten.
        """
        with self._lock:
            one = self._kept.get(name)
        if one is None or one.cancelled:
            raise NotFound(f"There is no replay {name!r}; it may have been cancelled, or be forgotten after others.")
        if one.error is not None:
            raise one.error
        return one

    def cancel(self, name: str) -> None:
        """Ends one, and forgets it.

        Raises:
            NotFound: there is none.
        """
        one = self.find(name)
        one.cancelled = True
        with self._lock:
            self._kept.pop(name, None)

    def _run(self, one: Replay, selection: Selection, policy: Policy, interval: float | None) -> None:
        try:
            one.answer = self._answer(one, selection, policy, interval)
            one.share = 1.0
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - told to whoever asks for the replay
            one.error = error
        finally:
            one.ended.set()

    def _answer(self, one: Replay, selection: Selection, policy: Policy, interval: float | None) -> dict[str, Any]:
        config = self._config()
        with self._database.snapshot() as cursor:
            now, stale = self._clock(), self._reports.stale_after()
            place_attempts(cursor, selection, InsightBy.POOL, now, stale, tuple(config.aws.purchase_options))
            pools = fetch_zone_days(cursor).groupby("key")[["exposure_hours", "reclaims"]].sum()
            cursor.execute("DROP TABLE placed")
            one.tell(_RATES_KNOWN)
        with self._database.snapshot() as cursor:
            choose_jobs(cursor, selection)
            told = fetch_replayed(cursor, lambda: one.tell((_RATES_KNOWN + _ALL_READ) / 2))
        one.tell(_ALL_READ)
        actual = {name: _known_sum(told.jobs[name]) for name in FIGURES}
        count = len(told.jobs["queue"])
        if policy.interval == AS_HAPPENED and policy.purchase is Purchase.SPOT:
            result, draws = Result({n: np.array([v]) for n, v in as_happened(told).items()}), 1
        else:
            rates = {
                str(key): row["reclaims"] / row["exposure_hours"]
                for key, row in pools.iterrows()
                if row["exposure_hours"]
            }
            usual = float(pools["reclaims"].sum() / pools["exposure_hours"].sum()) if len(pools) else 0.0
            result = _supposed(one, told, policy, interval, config, rates, usual)
            draws = max((len(values) for values in result.draws.values()), default=1)
        replayed = {name: {"median": m, "low": low, "high": high} for name, m, low, high in spread_of(result)}
        return {"actual": actual, "replayed": replayed, "jobs": count, "draws": draws}


def as_happened(told: Replayed) -> dict[str, float]:
    """The figures from the attempts as they were: what the totals say, reckoned anew from the parts."""
    attempts, jobs = told.attempts, told.jobs
    job, hours = attempts["job"], attempts["run_seconds"] / 3600
    count = len(jobs["queue"])

    def summed(values: Array) -> Array:
        return np.bincount(job, values, minlength=count)

    lost = np.where(attempts["is_lost"], np.maximum(0.0, attempts["run_seconds"] - attempts["carried_seconds"]), 0.0)
    spot = summed(attempts["spot_carried_seconds"])
    # Nothing carried is worth nothing, whatever the rate.
    worth = np.where(spot == 0, 0.0, spot / 3600 * jobs["latest_usd_per_hour"])
    cpus = np.where(spot == 0, 0.0, spot / 3600 * jobs["vcpus"])
    per_job = {
        "cost_usd": summed(hours * attempts["usd_per_hour"]),
        "instance_hours": summed(hours),
        "saved_seconds": summed(attempts["carried_seconds"]),
        "saved_cpu_hours": cpus,
        "saved_cost_usd": worth,
        "lost_seconds": summed(lost),
        "overhead_seconds": jobs["overhead_seconds"],
    }
    # A figure that is unknown of a job adds nothing to its total, whichever of its parts are known.
    return {name: _known_sum(np.where(np.isnan(jobs[name]), np.nan, values)) for name, values in per_job.items()}


def _supposed(
    one: Replay,
    told: Replayed,
    policy: Policy,
    interval: float | None,
    config: Config,
    rates: Mapping[str, float],
    usual: float,
) -> Result:
    """Under a policy: the jobs that can be run again are, the others stay as they were."""
    attempts, jobs = told.attempts, told.jobs
    count = len(jobs["queue"])
    last = np.searchsorted(attempts["job"], np.arange(count), side="right") - 1
    work = jobs["instance_hours"] * 3600 - jobs["lost_seconds"] - jobs["overhead_seconds"]
    on_demand = attempts["on_demand_usd_per_hour"][last] if len(last) else np.empty(0)
    usd = on_demand if policy.purchase is Purchase.ON_DEMAND else jobs["latest_usd_per_hour"]
    again = (
        jobs["is_ended"] & (work > 0) & np.isfinite(jobs["cost_usd"]) & np.isfinite(usd) & np.isfinite(jobs["vcpus"])
    )
    again &= np.bincount(attempts["job"], minlength=count) > 0
    chosen = np.flatnonzero(again)
    rest = {name: _known_sum(jobs[name][~again]) for name in FIGURES}
    hazards = np.array([rates.get(name, usual) / 3600 for name in told.pools])
    kept = np.flatnonzero(again[attempts["job"]])
    place = np.full(count, -1)
    place[chosen] = np.arange(len(chosen))
    result = replay(
        Attempts(
            job=place[attempts["job"][kept]],
            seconds=attempts["run_seconds"][kept],
            usd_per_hour=attempts["usd_per_hour"][kept],
            is_reclaimed=attempts["is_reclaimed"][kept].astype(bool),
        ),
        Jobs(
            work=work[chosen],
            checkpoint=_filled(jobs["checkpoint_seconds"][chosen]),
            restore=_filled(jobs["restore_seconds"][chosen]),
            interval=_intervals(told, policy, interval, config)[chosen],
            usd_per_hour=np.nan_to_num(jobs["latest_usd_per_hour"][chosen]),
            on_demand_usd_per_hour=on_demand[chosen],
            reclaims_per_second=hazards[jobs["pool"][chosen]] if len(chosen) else np.empty(0),
            vcpus=jobs["vcpus"][chosen],
        ),
        on_notice=policy.on_notice,
        on_demand=policy.purchase is Purchase.ON_DEMAND,
        draws=DRAWS,
        progress=lambda share: one.tell(_ALL_READ + (1 - _ALL_READ) * share),
    )
    return Result({name: values + rest[name] for name, values in result.draws.items()})


def _intervals(told: Replayed, policy: Policy, interval: float | None, config: Config) -> Array:
    queues = told.jobs["queue"]
    if policy.interval == AS_CONFIGURED and len(queues):
        return np.array([_configured(config, queue) for queue in told.queues])[queues]
    # On-demand as it happened: nothing is taken back, so nothing has to be kept.
    return np.full(len(queues), inf if interval is None else interval)


def _configured(config: Config, queue: str) -> float:
    mode, interval = config.ckpt.for_queue(queue)
    return inf if mode is CkptMode.NONE else interval.seconds


def _filled(seconds: Array) -> Array:
    """Where a job never took one, what the others' take in the middle; 0 where nobody did."""
    known = seconds[np.isfinite(seconds)]
    return np.where(np.isfinite(seconds), seconds, float(np.median(known)) if len(known) else 0.0)


def _known_sum(values: Array) -> float:
    return float(np.nansum(values)) if len(values) else 0.0


def _read_interval(text: str) -> float | None:
    if text in (AS_HAPPENED, AS_CONFIGURED, NONE):
        return None
    try:
        seconds = parse_duration(text).seconds
    except ValueError as error:
        raise InvalidInput(
            f"{text[:40]!r} is none of {AS_HAPPENED}, {AS_CONFIGURED}, {NONE}, and no duration such as 30m ({error})",
            field="interval",
        ) from None
    if seconds <= 0:
        raise InvalidInput("must be longer than 0", field="interval")
    return seconds
