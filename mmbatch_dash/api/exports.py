"""Selections as files over HTTP, streamed: jobs, attempts, checkpoints and nodes, as CSV and as Parquet."""

from collections.abc import Callable

from flask import Blueprint, Response

from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.queries import JobsFileQuery, NodesFileQuery, SelectionQuery
from mmbatch_dash.domain.endpoints import CSV, PARQUET, Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.exports import Export
from mmbatch_dash.store.queries.exports import Form

_MEDIA = {Form.CSV: CSV, Form.PARQUET: PARQUET}
_WORDS = {Form.CSV: "CSV", Form.PARQUET: "Parquet"}
LEFT_OUT = "X-Left-Out"
"""How many attempts of unknown cost a file does not hold: its columns may not be empty."""
Make = Callable[..., Export]


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("exports", __name__)
    exports = services.exports

    def jobs(query: JobsFileQuery, form: Form) -> Export:
        sort = services.jobs.read_sort(query.sort) if query.sort else None
        return exports.jobs(query.selection, form, sort=sort)

    def attempts(query: SelectionQuery, form: Form) -> Export:
        return exports.attempts(query.selection, form)

    def checkpoints(query: SelectionQuery, form: Form) -> Export:
        return exports.checkpoints(query.selection, form)

    def focus(query: SelectionQuery, form: Form) -> Export:
        return exports.focus(query.selection, form)

    def nodes(query: NodesFileQuery, form: Form) -> Export:
        return exports.nodes(query.selection, form, states=query.states)

    for form in Form:
        _offer(blueprint, jobs, JobsFileQuery, form, "The selected jobs")
        _offer(blueprint, attempts, SelectionQuery, form, "Their attempts")
        _offer(blueprint, checkpoints, SelectionQuery, form, "Their checkpoints")
        _offer(blueprint, focus, SelectionQuery, form, "Their cost in FOCUS 1.2, a row an attempt and day,")
        _offer(blueprint, nodes, NodesFileQuery, form, "Nodes, finished ones too,")
    return blueprint


def _offer(blueprint: Blueprint, make: Make, query: type[SelectionQuery], form: Form, about: str) -> None:
    def get_file(query: SelectionQuery) -> Response:
        return _send(make(query, form))

    get_file.__name__ = f"get_{make.__name__}_{form.value}"
    declaration = Endpoint(
        who=Audience.READER,
        about=f"{about} as {_WORDS[form]}.",
        group="Files",
        query=query,
        answers={200: Content(media=_MEDIA[form])},
        exported=True,
    )
    endpoint(blueprint, "GET", f"/api/v1/{make.__name__}.{form.value}", declaration)(get_file)


def _send(export: Export) -> Response:
    # Werkzeug closes the iterator when the reader goes away, which gives the cursor back.
    response = Response(export.chunks, content_type=export.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{export.name}"'
    response.headers["Cache-Control"] = "private, no-store"
    if export.left_out is not None:
        response.headers[LEFT_OUT] = str(export.left_out)
    return response
