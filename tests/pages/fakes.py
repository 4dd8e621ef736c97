"""Services that answer from hand-made frames, in the columns of docs/definitions.md."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from mmbatch_dash.domain.buckets import BucketUnit
from mmbatch_dash.domain.figures import ENGINEERING_FIGURES, FIGURES, TOTALLED
from mmbatch_dash.domain.filters import UNKNOWN
from mmbatch_dash.domain.groupings import Grouping
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.metrics.summary import Protections, Running, Summary, Tally, Total
from mmbatch_dash.services.groups import Groups
from mmbatch_dash.services.prices import SOURCES, PriceCoverage, SourceHours
from mmbatch_dash.services.rejects import Retried
from mmbatch_dash.services.reports import Dashboard, Freshness, Incurred
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.documents.files import FileDocuments
from mmbatch_dash.store.queries.rejects import Reject
from tests.pages.fake_alerts import FakeAlerts, FakeMeasure
from tests.pages.fake_config import FakeConfig
from tests.pages.fake_jobs import FakeJobs, FakeNodes

AS_OF = datetime(2026, 3, 31, 12, 2, 10, tzinfo=UTC)
IDLE = Running(0, 0, None, None, None, None, 0)
FRESH = Freshness(AS_OF, version=1, lag_bytes=0, lag_seconds=0.4, journal_bytes=4096, problem=None, simulated=False)
COUNTS = (
    "jobs",
    "completed_jobs",
    "running_jobs",
    "checkpoints_succeeded",
    "checkpoints_failed",
    "restores_succeeded",
    "restores_failed",
    "protections_succeeded",
    "protections_failed",
    "protections_pending",
    "protections_unprotected",
)
TOTALS = [*COUNTS, *(f"{name}{part}" for name in TOTALLED for part in ("", "_known", "_applicable"))]


@dataclass
class FakeReports:
    """Answers one dashboard, and remembers what it was asked."""

    answer: Callable[[Selection, bool], Dashboard]
    fresh: Freshness = FRESH
    asked: list[tuple[Selection, bool]] = field(default_factory=list)
    asked_incurred: list[Selection] = field(default_factory=list)
    number: int = 1

    def dashboard(self, selection: Selection, *, engineering: bool = False) -> Dashboard:
        self.asked.append((selection, engineering))
        return self.answer(selection, engineering)

    def incurred(self, selection: Selection, *, unit: BucketUnit | None = None) -> Incurred:
        del unit
        self.asked_incurred.append(selection)
        return shift_days(self.answer(selection, False))

    def summary(self, selection: Selection) -> Summary:
        return self.answer(selection, False).summary

    def groups(self, selection: Selection, by: Grouping) -> Groups:
        del by
        queues = self.answer(selection, False).queues
        keys = [UNKNOWN if key is None else str(key) for key in queues["key"]]
        return Groups(keys, queues)

    def search_choices(self, name: str, text: str) -> list[str]:
        return [value for value in self.filter_choices()[name] if text in value]

    def filter_choices(self) -> dict[str, list[str]]:
        return {
            "queue": ["align", "call", "qc"],
            "status": ["SUCCEEDED", "FAILED", "RUNNING"],
            "instance_type": ["c5.2xlarge", "r6i.4xlarge"],
            "purchase_option": ["spot", "on-demand"],
            "user": ["alice", "bob"],
            "tag": ["project", "project:wgs"],
        }

    def version(self) -> int:
        return self.number

    def freshness(self) -> Freshness:
        return self.fresh


@dataclass
class FakeRejects:
    """What is kept aside; retrying takes in what is in `understood` by now."""

    rows: list[Reject] = field(default_factory=list)
    understood: set[str] = field(default_factory=set)

    def count(self) -> int:
        return len(self.rows)

    def page(self, *, limit: int, after: str | None = None) -> list[Reject]:
        ids = [row.reject_id for row in self.rows]
        first = ids.index(after) + 1 if after else 0
        return self.rows[first : first + limit]

    def retry(self, reject_ids: list[str]) -> Retried:
        entered = [one for one in reject_ids if one in self.understood]
        return Retried(entered, {one: "time: is required" for one in reject_ids if one not in self.understood})

    def dismiss(self, reject_ids: list[str]) -> None:
        self.rows = [row for row in self.rows if row.reject_id not in reject_ids]


def kept_aside(count: int) -> list[Reject]:
    """Events without a time."""
    return [
        Reject(f"r{n}", AS_OF, "time: is required", n, f"e{n}", "http", None, '{"id": "<b>"}', {}, None)
        for n in range(count)
    ]


class FakePrices:
    def pending_jobs(self) -> int:
        return 0

    def coverage(self, selection: Selection) -> PriceCoverage:
        del selection
        none = pd.DataFrame(columns=["instance_type", "place", "need", "figure", "hours"])
        sources = tuple(SourceHours(name, 0.0, None, 0) for name in SOURCES)
        return PriceCoverage(0.0, 0, sources, 0.0, none, None, "instance", 0)


SETTINGS = Settings(data_dir=Path("/srv/mmbatch data"))


@dataclass
class FakeServices:
    reports: FakeReports
    jobs: FakeJobs = field(default_factory=FakeJobs)
    nodes: FakeNodes = field(default_factory=FakeNodes)
    prices: FakePrices = field(default_factory=FakePrices)
    rejects: FakeRejects = field(default_factory=FakeRejects)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)
    measure: FakeMeasure = field(default_factory=FakeMeasure)
    settings: Settings = SETTINGS
    config: FakeConfig = field(default_factory=FakeConfig)

    documents = property(lambda self: FileDocuments(self.settings.data_dir))

    def clock(self) -> datetime:
        return AS_OF


def totals(**given: float) -> dict[str, float]:
    """A totals row: counts 0 and figures unknown unless given; a given figure is known for every job of `jobs`."""
    row: dict[str, float] = dict.fromkeys(TOTALS, 0)
    for name in TOTALLED:
        row[name] = math.nan
        if name in given:
            row[f"{name}_known"] = row[f"{name}_applicable"] = given.get("jobs", 1)
    return {**row, **given}


def frame(rows: list[dict[str, Any]], *keys: str) -> pd.DataFrame:
    """A totals frame with its key columns, typed also when it has no row."""
    made = pd.DataFrame(rows, columns=[*keys, *TOTALS])
    if "bucket_start" in keys and not rows:
        made["bucket_start"] = pd.to_datetime(made["bucket_start"], utc=True)
    return made


def dashboard_of(selection: Selection, queues: pd.DataFrame, **given: Any) -> Dashboard:
    """A dashboard whose summary is that of its queues; nothing else is in it unless given."""
    parts: dict[str, Any] = {
        "as_of": AS_OF,
        "simulated": False,
        "empty_store": False,
        "previous": None,
        "bucket_unit": BucketUnit.DAY,
        "buckets": frame([], "bucket_start"),
        "queue_buckets": frame([], "bucket_start", "queue"),
        "reclaims": pd.DataFrame(columns=RECLAIM_COLUMNS),
        "durations": pd.DataFrame(columns=DURATION_COLUMNS),
        "running": IDLE,
        "assumed_share": 0.0,
        "shared_instance_jobs": 0,
    }
    return Dashboard(selection=selection, summary=summarise(queues, selection), queues=queues, **{**parts, **given})


def summarise(queues: pd.DataFrame, selection: Selection) -> Summary:
    """The summary whose totals are the sums of the queue rows."""

    def total(name: str) -> Total:
        known, applicable = int(queues[f"{name}_known"].sum()), int(queues[f"{name}_applicable"].sum())
        value = float(queues[name].sum()) if known else None
        return Total(value, known / applicable if applicable else None)

    def tally(kind: str) -> Tally:
        succeeded, failed = int(queues[f"{kind}_succeeded"].sum()), int(queues[f"{kind}_failed"].sum())
        rate = succeeded / (succeeded + failed) if succeeded + failed else None
        return Tally(succeeded + failed, succeeded, failed, rate)

    tried = tally("protections")
    protections = Protections(
        tried.attempts,
        tried.succeeded,
        tried.failed,
        pending=int(queues["protections_pending"].sum()),
        unprotected=int(queues["protections_unprotected"].sum()),
        rate=tried.rate,
    )
    return Summary(
        total_jobs=int(queues["jobs"].sum()),
        spot_protections=protections.succeeded,
        figures={figure.name: total(figure.name) for figure in FIGURES},
        engineering={figure.name: total(figure.name) for figure in ENGINEERING_FIGURES},
        checkpoints=tally("checkpoints"),
        restores=tally("restores"),
        protections=protections,
        as_of=AS_OF,
        selection=selection,
        running=IDLE,
    )


def shift_days(dashboard: Dashboard) -> Incurred:
    """The same sums a day later, without counts of jobs, as what was incurred has them; one sum has no time."""

    def shifted(buckets: pd.DataFrame) -> pd.DataFrame:
        counted = [name for name in buckets.columns if name.endswith(("_known", "_applicable")) or name in COUNTS]
        moved = buckets.drop(columns=counted).assign(bucket_start=buckets["bucket_start"] + pd.Timedelta(days=1))
        last = moved["bucket_start"].max()
        return moved.assign(bucket_start=moved["bucket_start"].where(moved["bucket_start"] < last))

    return Incurred(BucketUnit.DAY, shifted(dashboard.buckets), shifted(dashboard.queue_buckets))


RECLAIM_COLUMNS = ["hour", "instance_type", "availability_zone", "reclaims"]
DURATION_COLUMNS = ["kind", "scope", "queue", "succeeded", "failed", "median_seconds", "p95_seconds"]


def empty_dashboard(selection: Selection, *, empty_store: bool = False) -> Dashboard:
    """The dashboard of a selection without a job."""
    return dashboard_of(selection, frame([], "key"), empty_store=empty_store)


def small_dashboard(selection: Selection) -> Dashboard:
    """The worked example of docs/definitions.md in queue align, and one job without queue, vCPUs or price."""
    worked = totals(
        jobs=1,
        completed_jobs=1,
        cpu_hours=24.0,
        cost_usd=1.0667,
        saved_cost_usd=0.6333,
        saved_cpu_hours=12.6667,
        on_demand_savings_usd=1.6,
        instance_hours=2.6667,
        saved_seconds=5700.0,
        lost_seconds=1500.0,
        overhead_seconds=540.0,
        net_saved_seconds=5160.0,
        on_demand_net_savings_usd=1.1167,
        checkpoints_succeeded=2,
        restores_succeeded=2,
        protections_succeeded=2,
    )
    unknown = totals(jobs=1, completed_jobs=1, cpu_hours_applicable=1, cost_usd_applicable=1)
    day = pd.Timestamp("2026-03-30", tz=selection.tz)
    queues = frame([{"key": "align", **worked}, {"key": None, **unknown}], "key")
    return dashboard_of(
        selection,
        queues,
        previous=summarise(queues, selection) if selection.previous() else None,
        buckets=frame(
            [{"bucket_start": day, **worked}, {"bucket_start": day + pd.Timedelta(days=1), **unknown}], "bucket_start"
        ),
        queue_buckets=frame(
            [
                {"bucket_start": day, "queue": "align", **worked},
                {"bucket_start": day + pd.Timedelta(days=1), "queue": None, **unknown},
            ],
            "bucket_start",
            "queue",
        ),
        reclaims=pd.DataFrame([[1, "c5.2xlarge", "us-east-1a", 1], [2, None, None, 1]], columns=RECLAIM_COLUMNS),
        durations=pd.DataFrame(
            [
                ["checkpoint", "all", None, 2, 0, 90.0, 118.5],
                ["restore", "all", None, 2, 0, 270.0, 297.0],
                ["checkpoint", "queue", "align", 2, 0, 90.0, 118.5],
            ],
            columns=DURATION_COLUMNS,
        ),
        running=Running(1, 0, 8.0, 4.2, 0.4, 0.4, 0),
    )


def worked_summary(selection: Selection) -> Summary:
    """The worked example alone."""
    queues = small_dashboard(selection).queues
    return summarise(queues[queues["key"] == "align"], selection)


def busy_dashboard(selection: Selection, *, days: int = 30, seed: int = 7) -> Dashboard:
    """A month of eleven queues, to look at."""
    dice = random.Random(seed)
    names: list[str | None] = [
        "genomics-align", "genomics-call", "variant-annotation", "cfd-meshing", "cfd-solver", "render-farm",
        "ml-training", "ml-features", "nightly-qc", "adhoc", None,
    ]  # fmt: skip
    names = [name for name in names if not selection.queue or (name or "(none)") in selection.queue]
    start = pd.Timestamp("2026-03-01", tz=selection.tz)
    cells: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        for day in range(days):
            jobs = max(0, round(dice.gauss(60, 18) / (1 + place * 0.45)))
            if (start + pd.Timedelta(days=day)).weekday() >= 5:
                jobs //= 3
            hours = jobs * dice.uniform(6, 14)
            cost = hours * dice.uniform(0.05, 0.09)
            reclaimed = round(jobs * dice.uniform(0.05, 0.3))
            good = round(reclaimed * dice.uniform(0.75, 0.95))
            row = totals(
                jobs=jobs,
                completed_jobs=jobs,
                running_jobs=dice.choice([0, 0, 3]) if day == days - 1 else 0,
                cpu_hours=hours,
                cost_usd=cost,
                saved_cost_usd=cost * dice.uniform(0.08, 0.3),
                saved_cpu_hours=hours * dice.uniform(0.1, 0.3),
                on_demand_savings_usd=cost * dice.uniform(1.2, 2.2),
                instance_hours=hours / 8,
                saved_seconds=hours * 90,
                lost_seconds=hours * 25,
                overhead_seconds=hours * 12,
                net_saved_seconds=hours * 78,
                on_demand_net_savings_usd=cost * 1.4,
                checkpoints_succeeded=jobs * 3,
                checkpoints_failed=jobs // 20,
                restores_succeeded=good,
                restores_failed=max(0, reclaimed - good) // 2,
                protections_succeeded=good,
                protections_failed=max(0, reclaimed - good) // 2,
                protections_unprotected=max(0, reclaimed - good) - max(0, reclaimed - good) // 2,
            )
            if name in (None, "adhoc") and jobs:
                row["cost_usd_known"] = row["saved_cost_usd_known"] = row["on_demand_savings_usd_known"] = 0
                row["cost_usd"] = row["saved_cost_usd"] = row["on_demand_savings_usd"] = math.nan
            cells.append({"bucket_start": start + pd.Timedelta(days=day), "queue": name, **row})
    flat = frame(cells, "bucket_start", "queue")
    queues = _regroup(flat, "queue").rename(columns={"queue": "key"}).sort_values("cost_usd", ascending=False)
    zones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]
    kinds = ["c5.4xlarge", "c6i.8xlarge", "m6i.4xlarge", "r6i.4xlarge", "c5a.8xlarge", "g5.2xlarge"]
    reclaims = [
        [hour, kind, zone, round(dice.expovariate(0.4) * (2.5 if 13 <= hour <= 20 else 0.7))]
        for hour in range(24) for kind in kinds for zone in zones
    ]  # fmt: skip
    durations = [
        ["checkpoint", "all", None, 3, 0, 41.0, 133.0],
        ["restore", "all", None, 3, 0, 64.0, 241.0],
        *(["checkpoint", "queue", name, 3, 0, dice.uniform(20, 80), dice.uniform(90, 200)] for name in names),
        *(["restore", "queue", name, 3, 0, dice.uniform(30, 90), dice.uniform(120, 300)] for name in names),
    ]
    summary = summarise(queues, selection)
    earlier = None
    if selection.previous():
        shrunk = {
            name: replace(total, value=(total.value or 0) * dice.uniform(0.7, 1.2))
            for name, total in summary.figures.items()
        }
        jobs = int(summary.total_jobs * 0.91)
        earlier = replace(summary, total_jobs=jobs, spot_protections=int(jobs * 0.12), figures=shrunk)
    return dashboard_of(
        selection,
        queues,
        previous=earlier,
        buckets=_regroup(flat, "bucket_start"),
        queue_buckets=flat,
        reclaims=pd.DataFrame(reclaims, columns=RECLAIM_COLUMNS),
        durations=pd.DataFrame(durations, columns=DURATION_COLUMNS),
        running=Running(37, 0, 1184.0, 2210.5, 143.2, 46.381, 3),
        as_of=datetime.now(UTC) - timedelta(seconds=1),
        assumed_share=0.04,
        shared_instance_jobs=12,
    )


def _regroup(flat: pd.DataFrame, key: str) -> pd.DataFrame:
    summed = flat.groupby(key, dropna=False, sort=False)[TOTALS].sum(min_count=1).reset_index()
    if key == "queue":
        summed["queue"] = summed["queue"].astype(object).where(summed["queue"].notna(), None)
    return summed
