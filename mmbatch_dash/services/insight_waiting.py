"""How long the selected jobs wait, and how much of what they ask for they use."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.insight.observed import Spread
from mmbatch_dash.store.database import Database
from mmbatch_dash.store.queries.insight.placed import choose_jobs
from mmbatch_dash.store.queries.insight.waiting import fetch_efficiency, fetch_stuck, fetch_waiting


@dataclass(frozen=True, slots=True)
class QueueWait:
    """How long jobs of one queue waited: all, before their first start, between attempts."""

    queue: str
    all: Spread
    first: Spread
    between: Spread


@dataclass(frozen=True, slots=True)
class Stuck:
    """A job that stands in RUNNABLE; `reason` is what AWS says, or None."""

    job_id: str
    name: str | None
    submitted_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Fit:
    """What the jobs of one definition use of what they ask for; None where not told."""

    definition: str
    jobs: int
    vcpus: float | None
    memory_mib: float | None
    cpu_share: float | None
    memory_share: float | None
    idle_usd: float | None
    fitting_vcpus: float | None
    fitting_memory_mib: float | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Waiting by queue, jobs that stand still, and use by definition, the most idle money first."""

    as_of: datetime
    queues: list[QueueWait]
    stuck: list[Stuck]
    fits: list[Fit]


_NUMBERS = ("vcpus", "memory_mib", "cpu_share", "memory_share", "idle_usd", "fitting_vcpus", "fitting_memory_mib")


def read_waiting(database: Database, selection: Selection, now: datetime) -> Waiting:
    """All of it, at one moment."""
    with database.snapshot() as cursor:
        choose_jobs(cursor, selection)
        spreads = {name: _spreads(frame) for name, frame in fetch_waiting(cursor).items()}
        stuck = fetch_stuck(cursor)
        fits = fetch_efficiency(cursor)
    queues = [
        QueueWait(queue, *(spreads[name].get(queue, Spread()) for name in ("all", "first", "between")))
        for queue in sorted({queue for found in spreads.values() for queue in found})
    ]
    return Waiting(
        now,
        queues,
        [
            Stuck(
                row["job_id"], _text(row["name"]), row["submitted_at"].tz_localize("UTC"), _text(row["status_reason"])
            )
            for row in stuck.to_dict("records")
        ],
        [
            Fit(row["definition"], int(row["jobs"]), *(_number(row[name]) for name in _NUMBERS))
            for row in fits.to_dict("records")
        ],
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _spreads(frame: pd.DataFrame) -> dict[str, Spread]:
    return {row["key"]: Spread(row["median"], row["p95"], row["count"]) for row in frame.to_dict("records")}
