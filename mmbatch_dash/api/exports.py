"""Selections as files over HTTP, streamed: jobs, attempts and nodes as CSV, jobs and attempts as Parquet too."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import asked_selection
from mmbatch_dash.api.nodes import asked_states
from mmbatch_dash.api.paging import single
from mmbatch_dash.services import Services
from mmbatch_dash.services.exports import Export
from mmbatch_dash.store.queries.exports import Form


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("exports", __name__)
    exports = services.exports

    @blueprint.get("/api/v1/jobs.csv")
    def get_jobs_csv() -> Response:
        return _jobs(Form.CSV)

    @blueprint.get("/api/v1/jobs.parquet")
    def get_jobs_parquet() -> Response:
        return _jobs(Form.PARQUET)

    @blueprint.get("/api/v1/attempts.csv")
    def get_attempts_csv() -> Response:
        return _send(exports.attempts(asked_selection(), Form.CSV))

    @blueprint.get("/api/v1/attempts.parquet")
    def get_attempts_parquet() -> Response:
        return _send(exports.attempts(asked_selection(), Form.PARQUET))

    @blueprint.get("/api/v1/nodes.csv")
    def get_nodes_csv() -> Response:
        return _send(exports.nodes(asked_selection(), Form.CSV, states=asked_states()))

    def _jobs(form: Form) -> Response:
        asked = single("sort")
        sort = services.jobs.read_sort(asked) if asked else None
        return _send(exports.jobs(asked_selection(), form, sort=sort))

    return blueprint


def _send(export: Export) -> Response:
    # Werkzeug closes the iterator when the reader goes away, which gives the cursor back.
    response = Response(export.chunks, content_type=export.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{export.name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
