"""Job and node services that answer from hand-made rows."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mmbatch_dash.domain.errors import NotFound
from mmbatch_dash.domain.figures import TOTALLED
from mmbatch_dash.domain.paging import Sort, parse_sort
from mmbatch_dash.domain.selection import Selection
from mmbatch_dash.explanations.explained import explain_job
from mmbatch_dash.services.jobs import EventPage, JobBlock, JobDetail
from mmbatch_dash.services.nodes import NodeList
from mmbatch_dash.store.queries.job_fields import (
    ATTEMPT_FIELDS,
    CHECKPOINT_FIELDS,
    JOB_FIELDS,
    RESTORE_FIELDS,
    SORTABLE,
)
from mmbatch_dash.store.queries.nodes import NODE_SORTABLE

SUBMITTED = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)


def job_row(job_id: str = "job-1", **given: Any) -> dict[str, Any]:
    """A row of the store about which nothing is known but what is given."""
    row: dict[str, Any] = dict.fromkeys((field.name for field in JOB_FIELDS), None)
    return {**row, "job_id": job_id, "is_parent": False, "tags": {}, "flags": [], **given}


def worked_row(job_id: str = "worked") -> dict[str, Any]:
    """The worked example of docs/definitions.md."""
    return job_row(
        job_id,
        name="align sample 7",
        queue="align",
        user="alice",
        tags={"project": "wgs"},
        vcpus=8.0,
        memory_mib=16384.0,
        status="SUCCEEDED",
        submitted_at=SUBMITTED - timedelta(minutes=4),
        started_at=SUBMITTED,
        completed_at=SUBMITTED + timedelta(hours=3),
        attempts=3,
        instance_types="c5.2xlarge",
        purchase_option="spot",
        availability_zone="us-east-1a",
        waiting_seconds=1440.0,
        runtime_seconds=10800.0,
        cpu_hours=24.0,
        cost_usd=1.066667,
        saved_cost_usd=0.633333,
        saved_cpu_hours=12.6667,
        saved_seconds=5700.0,
        spot_saved_seconds=5700.0,
        on_demand_savings_usd=1.6,
        lost_seconds=1500.0,
        checkpoints_succeeded=2,
        checkpoints_failed=1,
        protections_succeeded=2,
        protections_failed=0,
        rootfs_bytes_max=3 * 1024**3,
    )


@dataclass
class FakeJobs:
    """Answers its rows, and remembers what it was asked."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, JobDetail] = field(default_factory=dict)
    said: dict[str, EventPage] = field(default_factory=dict)
    in_all: int | None = None
    broken: Exception | None = None
    asked: list[tuple[Selection, Sort, int, int]] = field(default_factory=list)

    def read_sort(self, text: str | None) -> Sort:
        return parse_sort(text, SORTABLE, Sort("submitted_at", descending=True))

    def block(self, selection: Selection, *, sort: Sort, offset: int, limit: int) -> JobBlock:
        if self.broken:
            raise self.broken
        self.asked.append((selection, sort, offset, limit))
        return JobBlock(self.rows[offset : offset + limit], len(self.rows))

    def count(self, selection: Selection) -> int:
        del selection
        return len(self.rows) if self.in_all is None else self.in_all

    def totals(self, selection: Selection) -> dict[str, float | int | None]:
        if self.broken:
            raise self.broken
        del selection
        found: dict[str, float | int | None] = {"jobs": len(self.rows)}
        for name in (*TOTALLED, "checkpoints_succeeded", "checkpoints_failed", "protections_succeeded"):
            known = [row[name] for row in self.rows if row[name] is not None]
            found[name] = sum(known) if known else None
        return found

    def detail(self, job_id: str) -> JobDetail:
        if job_id not in self.details:
            raise NotFound(f"There is no job {job_id[:200]!r} here.")
        return self.details[job_id]

    def events(self, job_id: str, *, limit: int, skip_latest: int = 0) -> EventPage:
        del limit, skip_latest
        return self.said[job_id]


@dataclass
class FakeNodes:
    """Answers one list, and remembers what it was asked."""

    answer: NodeList | None = None
    asked: list[Selection] = field(default_factory=list)

    def values(self, *names: str) -> dict[str, Any]:
        rows = self.answer.rows if self.answer else []
        return {name: sorted({row[name] for row in rows if row[name]}) for name in names}

    def read_sort(self, text: str | None) -> Sort:
        return parse_sort(text, NODE_SORTABLE, Sort("last_heartbeat_at", descending=True))

    def list(self, selection: Selection, *, states: Any, sort: Sort, limit: int, offset: int) -> NodeList:
        assert self.answer is not None
        self.asked.append(selection)
        rows = [row for row in self.answer.rows if not states or row["state"] in states]
        rows.sort(key=lambda row: (row[sort.column] is None, row[sort.column]), reverse=sort.descending)
        return replace(self.answer, rows=rows[offset : offset + limit])


def attempt_row(
    attempt: int, started_at: datetime | None, ended_at: datetime | None, end_reason: str, **given: Any
) -> dict[str, Any]:
    """An attempt of the store."""
    row: dict[str, Any] = dict.fromkeys((field.name for field in ATTEMPT_FIELDS), None)
    run = (ended_at - started_at).total_seconds() if started_at and ended_at else None
    told = {"attempt": attempt, "started_at": started_at, "ended_at": ended_at, "end_reason": end_reason}
    return {**row, **told, "run_seconds": run, "shared": False, "cost_usd": None, **given}


def checkpoint_row(
    attempt: int, taken_at: datetime, outcome: str = "succeeded", checkpoint_id: str | None = None, **given: Any
) -> dict[str, Any]:
    """A checkpoint of the store."""
    row: dict[str, Any] = dict.fromkeys((field.name for field in CHECKPOINT_FIELDS), None)
    told = {"attempt": attempt, "taken_at": taken_at, "outcome": outcome, "checkpoint_id": checkpoint_id}
    return {**row, **told, "duration_seconds": 40.0, "size_bytes": 2**30, **given}


def restore_row(
    attempt: int, started_at: datetime, finished_at: datetime, checkpoint_id: str, checkpoint_attempt: int
) -> dict[str, Any]:
    """A successful restore of the store."""
    row: dict[str, Any] = dict.fromkeys((field.name for field in RESTORE_FIELDS), None)
    told = {"attempt": attempt, "started_at": started_at, "finished_at": finished_at, "outcome": "succeeded"}
    seconds = (finished_at - started_at).total_seconds()
    named = {"checkpoint_id": checkpoint_id, "checkpoint_attempt": checkpoint_attempt, "duration_seconds": seconds}
    return {**row, **told, **named}


def detail_of(job: dict[str, Any], **given: Any) -> JobDetail:
    """A job's detail, its figures explained as the product explains them."""
    full = {"open_started_at": None, "open_usd_per_hour": None, "never_started": False, **job}
    parts = {name: given.pop(name, []) for name in ("attempts", "checkpoints", "restores")}
    figures = explain_job(full, parts["attempts"], parts["checkpoints"], parts["restores"])
    nothing: dict[str, Any] = {"notices": [], "children": [], "children_total": 0, "parent": None, "running": {}}
    nothing |= {"heard_at": None, "stale": False}
    return JobDetail(SUBMITTED + timedelta(days=1), full, **parts, figures=figures, **{**nothing, **given})
