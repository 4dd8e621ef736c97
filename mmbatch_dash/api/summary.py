"""GET /api/v1/summary and /api/v1/queues: the figures of the pages, for scripts."""

from flask import Blueprint, Response, request

from mmbatch_dash.api.answers import asked_selection, json_answer
from mmbatch_dash.services import Services
from mmbatch_dash.services.reports import parse_dimension


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("summary", __name__)

    @blueprint.get("/api/v1/summary")
    def get_summary() -> Response:
        return json_answer(services.reports.summary(asked_selection()).as_dict())

    @blueprint.get("/api/v1/queues")
    def get_queues() -> Response:
        by = parse_dimension(request.args.get("by") or "queue")
        rows = services.reports.groups(asked_selection(), by)
        return json_answer({"by": by, "rows": [{"key": key, **blocks.as_dict()} for key, blocks in rows]})

    return blueprint
