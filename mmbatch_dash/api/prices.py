"""GET /api/v1/prices/coverage: how well the cost figures of a selection are founded."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.operation import PriceCoverage
from mmbatch_dash.api.queries import SelectionQuery
from mmbatch_dash.domain.endpoints import Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("prices", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/prices/coverage",
        Endpoint(
            who=Audience.READER,
            about="How well the cost figures are founded.",
            group="Figures",
            query=SelectionQuery,
            answers={200: Content(PriceCoverage)},
        ),
    )
    def get_coverage(query: SelectionQuery) -> Response:
        return json_answer(services.prices.coverage(query.selection).as_dict())

    return blueprint
