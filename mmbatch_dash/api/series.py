"""GET /api/v1/metric and /api/v1/metricValue: the metric series of the MMBatch Management Server API."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.published import MetricSeries, MetricValues
from mmbatch_dash.api.queries import MetricQuery
from mmbatch_dash.domain.endpoints import MMBATCH, Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.instants import parse_instant
from mmbatch_dash.domain.series import find_definition, parse_interval
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("series", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/metric",
        Endpoint(
            who=Audience.READER,
            about="The metric series there are, of all jobs and of each queue.",
            group=MMBATCH,
            answers={200: Content(list[MetricSeries])},
            lenient=True,
        ),
    )
    def get_metrics() -> Response:
        return json_answer(services.published.series())

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/metricValue/<object_id>/<definition_id>",
        Endpoint(
            who=Audience.READER,
            about="Points of one series, each the sum over its interval, by when things happened; intervals without "
            "any are left out. `leftOut` says which jobs' checkpoints and restores are gone.",
            group=MMBATCH,
            query=MetricQuery,
            answers={200: Content(MetricValues)},
            paths={"object_id": "system-total, or queue-NAME.", "definition_id": "Such as metricDef-runtime."},
            lenient=True,
        ),
    )
    def get_values(query: MetricQuery, object_id: str, definition_id: str) -> Response:
        find_definition(definition_id, object_id)
        values = services.published.values(
            definition_id,
            object_id,
            level=parse_interval(query.interval),
            start=parse_instant(query.start, field="start") if query.start else None,
            end=parse_instant(query.end, field="end") if query.end else None,
        )
        return json_answer(values)

    return blueprint
