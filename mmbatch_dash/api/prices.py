"""GET /api/v1/prices/coverage: how well the cost figures of a selection are founded."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import asked_selection, json_answer
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("prices", __name__)

    @blueprint.get("/api/v1/prices/coverage")
    def get_coverage() -> Response:
        return json_answer(services.prices.coverage(asked_selection()).as_dict())

    return blueprint
