"""Two readings of the definitions over the same entries, in one shape: the plain reference, and the product's fold."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from mmbatch_dash.adapters.cloudevents import read_event
from mmbatch_dash.domain.choices import SourceKind
from mmbatch_dash.domain.facts import INSTANCE_REPORTED, Entry, Fact
from mmbatch_dash.store.fold import PricingSettings
from tests.reference.figures import report_jobs
from tests.reference.pricing import PricingSettings as ReferenceSettings
from tests.reference.pricing import region_of
from tests.reference.said import said_by_entries
from tests.store.world import World

Reader = Callable[..., "dict[str, SeenJob]"]
OUTCOMES = ("succeeded", "failed", "pending", "unprotected")


@dataclass(frozen=True)
class SeenAttempt:
    """One attempt as a reading has it."""

    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    instance_id: str | None
    purchase_option: str | None
    exit_code: int | None
    region: str | None
    paid: float | None
    source: str | None
    checkpoint_interval_seconds: float | None


@dataclass(frozen=True)
class SeenJob:
    """One job as a reading has it; protections without the outcomes that none has."""

    status: str
    started_at: datetime | None
    figures: Mapping[str, float | None]
    attempts: list[SeenAttempt]
    protections: Mapping[str, int]
    checkpoints: tuple[int, int]
    restores: tuple[int, int]

    @property
    def reasons(self) -> list[str | None]:
        """Why each attempt ended."""
        return [one.end_reason for one in self.attempts]


def clock(text: str) -> datetime:
    """An instant of 1 March 2026, from HH:MM or HH:MM:SS."""
    return datetime.fromisoformat(f"2026-03-01T{text}").replace(tzinfo=UTC)


def native(events: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Entries of native events, as the door makes them."""
    return [read_event(event) for event in events]


def said(fact_type: str, at: str, source: SourceKind = SourceKind.AWS, /, **fact: Any) -> Entry:
    """An entry of one fact that AWS or an import states; times in it are HH:MM. About job-1, or an instance."""
    about = {} if fact_type == INSTANCE_REPORTED else {"job_id": "job-1"}
    told = {name: clock(value) if name.endswith("_at") and value else value for name, value in fact.items()}
    whole = cast(Fact, {"type": fact_type, "at": clock(at), **about, **told})
    identity = f"{fact_type}/{at}/{sorted(fact.items(), key=str)}"
    return Entry(f"test/{source.name.lower()}", identity, source, fact_type, clock(at), [whole], {})


def read_by_reference(entries: Iterable[Entry], **settings: Any) -> dict[str, SeenJob]:
    """Every job by the plain reference."""
    seen = {}
    chosen = ReferenceSettings(**settings)
    for job_id, report in report_jobs(said_by_entries(entries), chosen).items():
        attempts = [
            SeenAttempt(
                *(one.started_at, one.ended_at, one.end_reason, one.instance_id, one.purchase_option, one.exit_code),
                *(region_of(one.availability_zone) or one.region or chosen.region, rate.paid, rate.source),
                one.checkpoint_interval_seconds,
            )
            for one, rate in zip(report.job.attempts, report.rates, strict=True)
        ]
        seen[job_id] = SeenJob(
            *(report.job.status, report.job.started_at, report.figures, attempts),
            {name: count for name, count in report.protections.items() if count},
            *(report.checkpoints, report.restores),
        )
    return seen


def read_by_fold(entries: Iterable[Entry], folder: Path, **settings: Any) -> dict[str, SeenJob]:
    """Every job by the product's fold, in a store in `folder`."""
    world = World(folder, PricingSettings(**settings))
    world.take_items(entries)
    jobs, attempts = world.frame("jobs"), world.frame("attempts").sort_values("attempt")
    world.close()
    attempts = attempts.rename(columns={"usd_per_hour": "paid", "rate_source": "source"})
    seen = {}
    for job in jobs[~jobs["is_parent"]].to_dict("records"):
        mine = attempts[attempts["job_id"] == job["job_id"]].to_dict("records")
        seen[job["job_id"]] = SeenJob(
            job["status"],
            _plain(job["started_at"]),
            {name: _plain(value) for name, value in job.items() if name.endswith(("_seconds", "_hours", "_usd"))},
            [SeenAttempt(**{name: _plain(row[name]) for name in SeenAttempt.__dataclass_fields__}) for row in mine],
            {name: job[f"protections_{name}"] for name in OUTCOMES if job[f"protections_{name}"]},
            (job["checkpoints_succeeded"], job["checkpoints_failed"]),
            (job["restores_succeeded"], job["restores_failed"]),
        )
    return seen


def _plain(value: Any) -> Any:
    """A value of a frame as plain Python has it."""
    if value is None or (isinstance(value, float) and math.isnan(value)) or str(value) in ("NaT", "<NA>"):
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime().replace(tzinfo=UTC)
    return value
