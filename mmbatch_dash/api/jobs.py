"""GET /api/v1/jobs and /api/v1/jobs/{id}: lists in any order, and one job with everything known of it."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models import jobs as models
from mmbatch_dash.api.models.jobs import JobEvents, JobPage
from mmbatch_dash.api.queries import EventsQuery, JobsQuery
from mmbatch_dash.api.tags import tagged, unchanged, version_tag
from mmbatch_dash.domain.endpoints import Content, Endpoint
from mmbatch_dash.domain.flags import describe_flag
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.jobs import EVENTS_PAGE, JobDetail

_GROUP = "Jobs"
_HIDDEN = ("is_parent", "never_started", "open_started_at", "open_usd_per_hour", "attempts")


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("jobs", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/jobs",
        Endpoint(
            who=Audience.READER,
            about="The selected jobs, a page at a time.",
            group=_GROUP,
            query=JobsQuery,
            answers={200: Content(JobPage), 304: Content(media="")},
        ),
    )
    def get_jobs(query: JobsQuery) -> Response:
        sort = services.jobs.read_sort(query.sort)
        tag = version_tag(services.reports.version())
        if same := unchanged(tag):
            return same
        page = services.jobs.page(query.selection, sort=sort, limit=query.limit, after=query.after or None)
        return tagged(json_answer({"rows": page.rows, "next": page.next}), tag)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/jobs/<path:job_id>",
        Endpoint(
            who=Audience.READER,
            about="One job with attempts, checkpoints, restores, its latest events, and how each of its figures was "
            "computed.",
            group=_GROUP,
            answers={200: Content(models.JobDetail), 304: Content(media="")},
            errors=(404,),
            paths={"job_id": "AWS Batch job id."},
        ),
    )
    def get_job(job_id: str) -> Response:
        tag = version_tag(services.reports.version())
        detail = services.jobs.detail(job_id)
        # Open work grows with the clock, so a running job is never the same twice.
        if detail.heard_at is None and (same := unchanged(tag)):
            return same
        answer = json_answer(_as_json(detail, services.jobs.events(job_id)))
        return answer if detail.heard_at else tagged(answer, tag)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/jobs/<path:job_id>/events",
        Endpoint(
            who=Audience.READER,
            about="What was said of it, the latest page first, oldest first within a page.",
            group=_GROUP,
            query=EventsQuery,
            answers={200: Content(JobEvents)},
            errors=(404,),
            paths={"job_id": "AWS Batch job id."},
        ),
    )
    def get_job_events(query: EventsQuery, job_id: str) -> Response:
        services.jobs.require(job_id)
        page = services.jobs.events(job_id, limit=query.limit, skip_latest=query.skip_latest)
        return json_answer(asdict(page))

    return blueprint


def _as_json(detail: JobDetail, events: Any) -> dict[str, Any]:
    job = {name: value for name, value in detail.job.items() if name not in _HIDDEN}
    return {
        **job,
        "as_of": detail.as_of,
        "heard_at": detail.heard_at,
        "stale": detail.stale,
        "is_parent": detail.job["is_parent"],
        "flags_explained": {flag: describe_flag(flag) for flag in detail.job["flags"] or ()},
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
