"""GET /api/v1/insight: what to change, and how sure that is."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.insight import Insight, as_answer
from mmbatch_dash.api.queries import InsightQuery
from mmbatch_dash.domain.endpoints import Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.insight import InsightBy

INSIGHT = "Insight"


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("insight", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/insight",
        Endpoint(
            who=Audience.READER,
            about="How often spot instances are taken back, how far apart checkpoints belong, and what that is worth.",
            group=INSIGHT,
            query=InsightQuery,
            answers={200: Content(Insight)},
        ),
    )
    def get_insight(query: InsightQuery) -> Response:
        found = services.insights.read(query.selection, InsightBy(query.by))
        return json_answer(as_answer(found).model_dump(mode="json"))

    return blueprint
