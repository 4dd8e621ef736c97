"""What pages and API show of the selected jobs: one question to the store, reduced once, kept until data change."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, cast

import pandas as pd

from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.domain.groupings import QUEUE, Grouping
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.metrics.groups import add_up, localize_buckets
from mmbatch_dash.metrics.summary import Blocks, Removed, Running, Summary, add_running, read_running, summarize
from mmbatch_dash.services.groups import Groups, by_cost, read_groups
from mmbatch_dash.services.removed import read_removed
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.fold.pending import count_pending
from mmbatch_dash.store.fold.worker import FoldWorker
from mmbatch_dash.store.projection import Rebuild
from mmbatch_dash.store.queries.activity import fetch_reclaims, fetch_running, fetch_stale
from mmbatch_dash.store.queries.choices import read_choices, search_choices
from mmbatch_dash.store.queries.durations import fetch_durations
from mmbatch_dash.store.queries.incurred import INCURRED, fetch_incurred
from mmbatch_dash.store.queries.totals import fetch_buckets, fetch_totals

__all__ = ["INCURRED", "Dashboard", "Freshness", "Incurred", "Reports"]

KEPT_ANSWERS = 64
CHOICES_FOR = timedelta(seconds=30)
STALE_AFTER = timedelta(hours=168)  # what `dashboard.staleAfter` is unless somebody sets it


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the Dashboard shows of one selection. Frames are documented in `metrics` and `store.queries`.

    Attributes:
        buckets: one row a time bucket, `bucket_start` aware and in order, NaT (no such time) last.
        queue_buckets: the same by `queue` as well.
        queues: one row a queue, `key` None where a job has none; the costliest first.
        reclaims: hour, instance_type, availability_zone, reclaims.
        durations: kind, scope, queue, succeeded, failed, median_seconds, p95_seconds; None outside Engineering Mode.
        assumed_share: share of the known instance hours that were priced by assumption.
        shared_instance_jobs: jobs whose instance was at times charged to another job too.
    """

    as_of: datetime
    simulated: bool
    empty_store: bool
    selection: Selection
    summary: Summary
    previous: Summary | None
    bucket_unit: BucketUnit
    buckets: pd.DataFrame
    queue_buckets: pd.DataFrame
    queues: pd.DataFrame
    reclaims: pd.DataFrame
    durations: pd.DataFrame | None
    running: Running
    assumed_share: float
    shared_instance_jobs: int


@dataclass(frozen=True, slots=True)
class Incurred:
    """Cost and hours by when they were incurred, to hold against a day of the AWS bill.

    Attributes:
        bucket_unit: width of a bucket.
        buckets: bucket_start (aware, in the selection's zone, in order; NaT, last, for what was saved at a time
            nobody told) and the columns of INCURRED.
        queue_buckets: the same by `queue` as well.
    """

    bucket_unit: BucketUnit
    buckets: pd.DataFrame
    queue_buckets: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Freshness:
    """How close the tables are to what was accepted.

    Attributes:
        lag_bytes: accepted but not yet visible.
        lag_seconds: for how long something accepted has not been visible.
        problem: why that is stuck, or None.
        degraded: what makes the figures less than they should be, in sentences.
        rebuild: how far the tables are made anew, where they are; the figures are those of the tables before.
    """

    as_of: datetime
    version: int
    lag_bytes: int
    lag_seconds: float
    journal_bytes: int
    problem: str | None
    simulated: bool
    degraded: tuple[str, ...] = ()
    rebuild: Rebuild | None = None


@dataclass(slots=True)
class _Kept:
    """Answers by question, for one version of the tables."""

    version: int = -1
    answers: "OrderedDict[Hashable, Any]" = field(default_factory=OrderedDict)


class Reports:
    """Answers about selections; thread-safe."""

    def __init__(
        self,
        database: Database,
        worker: FoldWorker,
        *,
        simulated: bool = False,
        journal_end: Callable[[], int] = lambda: 0,
        degraded: Callable[[], tuple[str, ...]] = tuple,
        stale_after: Callable[[], timedelta] = lambda: STALE_AFTER,
        rebuild: Callable[[], Rebuild | None] = lambda: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._worker = worker
        self._simulated = simulated
        self._journal_end = journal_end
        self._degraded = degraded
        self._stale_after = stale_after
        self._rebuild = rebuild
        self._clock = clock
        self._kept = _Kept()
        self._lock = Lock()
        self._choices: tuple[datetime, int, dict[str, list[str]]] | None = None

    def stale_after(self) -> timedelta:
        """How long a running job may go unheard of and still count as running."""
        return self._stale_after()

    def version(self) -> int:
        """A number that changes whenever folded data change."""
        return self._worker.version

    def freshness(self) -> Freshness:
        """How close to what was accepted the answers are."""
        rebuild = self._rebuild()
        return Freshness(
            as_of=(rebuild.shown_at if rebuild else None) or self._clock(),
            version=self._worker.version,
            lag_bytes=self._worker.lag_bytes,
            lag_seconds=self._worker.lag_seconds,
            journal_bytes=self._journal_end(),
            problem=self._worker.problem,
            simulated=self._simulated,
            degraded=self._degraded(),
            rebuild=rebuild,
        )

    def summary(self, selection: Selection) -> Summary:
        """The summary of the selected jobs."""
        as_of = self._clock()
        blocks = self._keep(("blocks", selection), lambda: self._blocks(selection))
        running = self._running(selection, as_of)
        return add_running(blocks, as_of, selection, running, self._recosting(), self.removed(selection))

    def groups(self, selection: Selection, by: Grouping) -> Groups:
        """The same by queue, day or what else can be grouped by."""
        kept: Groups = self._keep(("groups", selection, by), lambda: read_groups(self._database, selection, by))
        return kept

    def incurred(self, selection: Selection, *, unit: BucketUnit | None = None) -> Incurred:
        """Cost and hours of the selected jobs by when they were incurred; the totals are those of `summary`."""
        kept: Incurred = self._keep(("incurred", selection, unit), lambda: self._incurred(selection, unit))
        return kept

    def dashboard(self, selection: Selection, *, engineering: bool = False) -> Dashboard:
        """Everything the Dashboard shows of the selected jobs."""
        as_of = self._clock()
        running = self._running(selection, as_of)
        kept: Dashboard = self._keep(
            ("dashboard", selection, engineering),
            lambda: self._dashboard(selection, as_of, running, engineering=engineering),
        )
        values = {item.name: getattr(kept, item.name) for item in fields(kept)}
        if running.stale_jobs:
            values["queues"] = self._without_stale(kept.queues, selection, as_of)
        recosting, removed = self._recosting(), self.removed(selection)
        summary = add_running(kept.summary, as_of, selection, running, recosting, removed)
        return Dashboard(**{**values, "as_of": as_of, "running": running, "summary": summary})

    def removed(self, selection: Selection) -> Removed:
        """Those of the selected jobs that are in no list any more."""
        return cast("Removed", self._keep(("removed", selection), lambda: read_removed(self._database, selection)))

    def filter_choices(self) -> dict[str, list[str]]:
        """Filter name → values a reader can choose; read again where data changed, at most twice a minute."""
        now, version = self._clock(), self.version()
        if kept := self._choices:
            # None at all are asked for again at once: a fresh server gets its first jobs any moment.
            young = any(kept[2].values()) and now - kept[0] <= CHOICES_FOR
            if young or kept[1] == version:
                return kept[2]
        self._choices = (now, version, read_choices(self._database))
        return self._choices[2]

    def search_choices(self, name: str, text: str) -> list[str]:
        """Values of one filter that hold a text, where not all of them are offered at once."""
        with self._database.cursor() as cursor:
            return search_choices(cursor, name, text)

    def _dashboard(self, selection: Selection, as_of: datetime, running: Running, *, engineering: bool) -> Dashboard:
        previous = selection.previous()
        with self._database.snapshot() as cursor:
            buckets = fetch_buckets(cursor, selection)
            totals = fetch_totals(cursor, selection, by=QUEUE, buckets=buckets)
            reclaims = fetch_reclaims(cursor, selection, buckets)
            durations = fetch_durations(cursor, selection) if engineering else None
            before = fetch_totals(cursor, previous) if previous else None
            empty = not len(totals) and not cursor.execute("SELECT 1 FROM known_jobs LIMIT 1").fetchall()
        headline = add_up(totals, []).iloc[0]
        hours = float(headline["ended_hours"]) if headline["jobs"] else 0.0
        return Dashboard(
            as_of=as_of,
            simulated=self._simulated,
            empty_store=empty,
            selection=selection,
            summary=add_running(summarize(headline), as_of, selection, running),
            previous=add_running(summarize(before.iloc[0]), as_of, previous, running)
            if before is not None and previous
            else None,
            bucket_unit=buckets.unit,
            buckets=localize_buckets(add_up(totals, ["bucket"]), selection.tz),
            queue_buckets=localize_buckets(add_up(totals, ["bucket", "key"]), selection.tz).rename(
                columns={"key": "queue"}
            ),
            queues=by_cost(add_up(totals, ["key"])),
            reclaims=reclaims,
            durations=durations,
            running=running,
            assumed_share=float(headline["assumed_hours"]) / hours if hours else 0.0,
            shared_instance_jobs=int(headline["shared_jobs"]),
        )

    def _incurred(self, selection: Selection, unit: BucketUnit | None) -> Incurred:
        with self._database.snapshot() as cursor:
            suited, parts = fetch_incurred(cursor, selection, unit)
        return Incurred(
            suited,
            localize_buckets(add_up(parts, ["bucket"]), selection.tz),
            localize_buckets(add_up(parts, ["bucket", "key"]), selection.tz).rename(columns={"key": "queue"}),
        )

    def _blocks(self, selection: Selection) -> Blocks:
        with self._database.snapshot() as cursor:
            return summarize(fetch_totals(cursor, selection).iloc[0])

    def _running(self, selection: Selection, as_of: datetime) -> Running:
        def read() -> Running:
            with self._database.cursor() as cursor:
                return read_running(fetch_running(cursor, selection, as_of, self._stale_after()).iloc[0])

        # The panels of one page ask one after the other.
        running: Running = self._keep(("running", selection, as_of.replace(microsecond=0), self._stale_after()), read)
        return running

    def _recosting(self) -> int:
        def count() -> int:
            with self._database.cursor() as cursor:
                return count_pending(cursor)

        jobs: int = self._keep("recosting", count)
        return jobs

    def _without_stale(self, queues: pd.DataFrame, selection: Selection, as_of: datetime) -> pd.DataFrame:
        """The rows of the queues, their running jobs without those that nobody has heard of for long."""
        with self._database.cursor() as cursor:
            stale = fetch_stale(cursor, selection, as_of, self._stale_after())
        keys = queues["key"].astype(object).where(queues["key"].notna(), None)
        return queues.assign(running_jobs=queues["running_jobs"] - [stale.get(key, 0) for key in keys])

    def _keep(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        version = self._worker.version
        with self._lock:
            if self._kept.version != version:
                self._kept = _Kept(version)
            if question in self._kept.answers:
                self._kept.answers.move_to_end(question)
                return self._kept.answers[question]
        found = answer()
        with self._lock:
            if self._kept.version == version:
                self._kept.answers[question] = found
                while len(self._kept.answers) > KEPT_ANSWERS:
                    self._kept.answers.popitem(last=False)
        return found
