"""GET /api/v1/job, /api/v1/node and /api/v1/metrics/summary: the shapes of the MMBatch Management Server API."""

from collections.abc import Iterator

import orjson
from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.published import PublishedHours, PublishedJobs, PublishedNodes
from mmbatch_dash.api.queries import HoursQuery, PublishedJobsQuery, SelectionQuery
from mmbatch_dash.domain.endpoints import MMBATCH, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidFilter
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.selection import Selection, parse_selection
from mmbatch_dash.services import Services

CHUNK_BYTES = 256 * 1024
_EDGES = {"start": "from", "end": "to"}


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("published", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/job",
        Endpoint(
            who=Audience.READER,
            about="The selected jobs in the published MMBatch shape. `batchJobIds` lists one id: the AWS Batch job id, "
            "which is also `id`.",
            group=MMBATCH,
            query=PublishedJobsQuery,
            answers={200: Content(PublishedJobs)},
            lenient=True,
        ),
    )
    def get_published_jobs(query: PublishedJobsQuery) -> Response:
        jobs = services.published.jobs(query.selection, limit=query.limit or None)
        return Response(_as_array(jobs), mimetype="application/json")

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/node",
        Endpoint(
            who=Audience.READER,
            about="Nodes in the published MMBatch shape.",
            group=MMBATCH,
            query=SelectionQuery,
            answers={200: Content(PublishedNodes)},
            lenient=True,
        ),
    )
    def get_published_nodes(query: SelectionQuery) -> Response:
        return json_answer(services.published.nodes(query.selection))

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/metrics/summary",
        Endpoint(
            who=Audience.READER,
            about="One point an hour and queue; runtime and timeSaved in seconds.",
            group=MMBATCH,
            query=HoursQuery,
            answers={200: Content(PublishedHours)},
            lenient=True,
        ),
    )
    def get_hours(query: HoursQuery) -> Response:
        return json_answer(services.published.hours(_asked_range(query)))

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


def _asked_range(query: HoursQuery) -> Selection:
    """The selection with `start` and `end`, as this endpoint calls `from` and `to`."""
    edges = {ours: getattr(query, published) for published, ours in _EDGES.items() if getattr(query, published)}
    try:
        return parse_selection({**query.selection.to_query(), **edges})
    except InvalidFilter as error:
        renamed = {ours: published for published, ours in _EDGES.items() if ours in edges}
        if error.field in renamed:
            sentence = str(error).removeprefix(f"{error.field}: ")
            raise InvalidFilter(sentence, field=renamed[error.field]) from None
        raise
