"""GET /api/v1/job, /api/v1/node and /api/v1/metrics/summary: the shapes of the MMBatch Management Server API."""

from collections.abc import Iterator

import orjson
from flask import Blueprint, Response, request

from mmbatch_dash.api.answers import asked_selection, json_answer
from mmbatch_dash.api.paging import single
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.paging import parse_count
from mmbatch_dash.domain.selection import SELECTION_PARAMETERS, Selection, parse_selection
from mmbatch_dash.services import Services

CHUNK_BYTES = 256 * 1024
_EDGES = {"start": "from", "end": "to"}


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("published", __name__)

    @blueprint.get("/api/v1/job")
    def get_published_jobs() -> Response:
        selection = asked_selection()
        limit = parse_count(single("limit"), "limit", default=0)
        jobs = services.published.jobs(selection, limit=limit or None)
        return Response(_as_array(jobs), mimetype="application/json")

    @blueprint.get("/api/v1/node")
    def get_published_nodes() -> Response:
        return json_answer(services.published.nodes(asked_selection()))

    @blueprint.get("/api/v1/metrics/summary")
    def get_hours() -> Response:
        return json_answer(services.published.hours(_asked_range()))

    return blueprint


def _as_array(rows: Iterator[dict[str, object]]) -> Iterator[bytes]:
    buffer = bytearray(b"[")
    for place, row in enumerate(rows):
        if place:
            buffer += b","
        buffer += orjson.dumps(row)
        if len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer) + b"]"


def _asked_range() -> Selection:
    """The selection with `start` and `end`, as this endpoint calls `from` and `to`."""
    query = {name: request.args.getlist(name) for name in SELECTION_PARAMETERS}
    for published, ours in _EDGES.items():
        if given := request.args.getlist(published):
            query[ours] = given
    try:
        return parse_selection(query)
    except InvalidFilter as error:
        renamed = {ours: published for published, ours in _EDGES.items() if request.args.get(published)}
        if error.field in renamed:
            sentence = str(error).removeprefix(f"{error.field}: ")
            raise InvalidFilter(sentence, field=renamed[error.field]) from None
        raise
