"""GET /api/v1/jobs and /api/v1/jobs/{id}: lists in any order, and one job with everything known of it."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

from mmbatch_dash.api.answers import asked_selection, json_answer
from mmbatch_dash.api.paging import asked_limit, single, tagged, unchanged, version_tag
from mmbatch_dash.domain.paging import parse_count
from mmbatch_dash.services import Services
from mmbatch_dash.services.jobs import EVENTS_PAGE, JobDetail

_HIDDEN = ("is_parent", "never_started", "open_started_at", "open_usd_per_hour", "attempts")


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("jobs", __name__)

    @blueprint.get("/api/v1/jobs")
    def get_jobs() -> Response:
        selection, sort = asked_selection(), services.jobs.read_sort(single("sort"))
        limit, after = asked_limit(), single("after")
        tag = version_tag(services.reports.version())
        if same := unchanged(tag):
            return same
        page = services.jobs.page(selection, sort=sort, limit=limit, after=after)
        return tagged(json_answer({"rows": page.rows, "next": page.next}), tag)

    @blueprint.get("/api/v1/jobs/<path:job_id>")
    def get_job(job_id: str) -> Response:
        tag = version_tag(services.reports.version())
        detail = services.jobs.detail(job_id)
        # Open work grows with the clock, so a running job is never the same twice.
        if detail.heard_at is None and (same := unchanged(tag)):
            return same
        answer = json_answer(_as_json(detail, services.jobs.events(job_id)))
        return answer if detail.heard_at else tagged(answer, tag)

    @blueprint.get("/api/v1/jobs/<path:job_id>/events")
    def get_job_events(job_id: str) -> Response:
        limit = asked_limit()
        skip = parse_count(single("skip_latest"), "skip_latest", default=0, least=0)
        services.jobs.require(job_id)
        return json_answer(asdict(services.jobs.events(job_id, limit=limit, skip_latest=skip)))

    return blueprint


def _as_json(detail: JobDetail, events: Any) -> dict[str, Any]:
    job = {name: value for name, value in detail.job.items() if name not in _HIDDEN}
    return {
        **job,
        "as_of": detail.as_of,
        "heard_at": detail.heard_at,
        "stale": detail.stale,
        "is_parent": detail.job["is_parent"],
        "attempts": detail.attempts,
        "checkpoints": detail.checkpoints,
        "restores": detail.restores,
        "reclaim_notices": detail.notices,
        "parent": detail.parent,
        "children": detail.children,
        "children_total": detail.children_total,
        "figures": {name: figure.as_dict() for name, figure in detail.figures.items()},
        "running": {name: figure.as_dict() for name, figure in detail.running.items()},
        "events": events.rows,
        "events_total": events.total,
        "events_shown": min(EVENTS_PAGE, len(events.rows)),
    }
