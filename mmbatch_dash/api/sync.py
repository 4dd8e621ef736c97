"""GET and POST /api/v1/sync: what came of asking AWS, and asking it now."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; reading is for readers, asking for admins."""
    blueprint = Blueprint("sync", __name__)

    @blueprint.get("/api/v1/sync")
    def get_sync() -> Response:
        return json_answer(services.sync.describe())

    @blueprint.post("/api/v1/sync")
    def post_sync() -> Response:
        services.sync.request()
        return json_answer(services.sync.describe(), 202)

    return blueprint
