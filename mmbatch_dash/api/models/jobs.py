"""Jobs, alone and in lists."""

from typing import Any

from mmbatch_dash.api.models.shape import Count, Instant, Shape, columns, record
from mmbatch_dash.domain.figures import FIGURE
from mmbatch_dash.store.queries.job_fields import ATTEMPT_FIELDS, CHECKPOINT_FIELDS, JOB_FIELDS, RESTORE_FIELDS

Job = record("Job", "One row of the list of jobs.", columns(JOB_FIELDS))
Attempt = record(
    "Attempt",
    "One placement on one instance.",
    {**columns(ATTEMPT_FIELDS), "shared": bool | None, "cost_usd": float | None},
)
Checkpoint = record("Checkpoint", "One checkpoint.", columns(CHECKPOINT_FIELDS))
Restore = record("Restore", "One restore.", columns(RESTORE_FIELDS))


class JobPage(Shape):
    """A page of the list, and the cursor that goes on."""

    rows: list[Job]  # type: ignore[valid-type] # made of the columns of the store
    next: str | None


class Relative(Shape):
    """A parent or child of a job."""

    job_id: str
    name: str | None
    status: str | None
    phase: str | None
    submitted_at: Instant | None
    started_at: Instant | None
    completed_at: Instant | None
    attempts: int | None


class Notice(Shape):
    """What EC2 announced of an instance of the job."""

    instance_id: str | None
    notice_kind: str | None
    noticed_at: Instant | None
    action: str | None
    action_at: Instant | None


class ExplainedFigure(Shape):
    """A figure of one job and how it was computed."""

    value: float | None
    unit: str
    formula: str
    computed: str
    inputs: dict[str, Any]
    unknown_because: str | None
    rates: list[dict[str, Any]] | None = None


class JobEvent(Shape):
    """One thing that was said of the job, as the journal holds it."""

    position: Count
    happened_at: str
    received_at: str | None
    source: str | None
    id: str | None
    kind: int | None
    type: str | None
    facts: list[dict[str, Any]] | None
    raw: Any


class JobEvents(Shape):
    """A page of events; `skip_latest` asks for those before."""

    rows: list[JobEvent]
    total: Count
    skip_latest: int | None


JobFigures = record("JobFigures", "Every figure of a job.", dict.fromkeys(FIGURE, ExplainedFigure))
JobDetail = record(
    "JobDetail",
    "One job with all its parts.",
    {
        **{name: kind for name, kind in columns(JOB_FIELDS).items() if name != "attempts"},
        "as_of": Instant,
        "heard_at": Instant | None,
        "stale": bool,
        "is_parent": bool,
        "flags_explained": dict[str, str],
        "attempts": list[Attempt],  # type: ignore[valid-type] # made of the columns of the store
        "checkpoints": list[Checkpoint],  # type: ignore[valid-type] # likewise
        "restores": list[Restore],  # type: ignore[valid-type] # likewise
        "reclaim_notices": list[Notice],
        "parent": Relative | None,
        "children": list[Relative],
        "children_total": Count,
        "figures": JobFigures,
        "running": dict[str, ExplainedFigure],
        "events": list[JobEvent],
        "events_total": Count,
        "events_shown": Count,
    },
)
