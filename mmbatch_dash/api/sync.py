"""GET and POST /api/v1/sync: what came of asking AWS, and asking it now."""

from flask import Blueprint, Response

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.operation import Sync
from mmbatch_dash.domain.endpoints import OPERATION, Content, Endpoint
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; reading is for readers, asking for admins."""
    blueprint = Blueprint("sync", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/sync",
        Endpoint(who=Audience.READER, about="What came of asking AWS.", group=OPERATION, answers={200: Content(Sync)}),
    )
    def get_sync() -> Response:
        return json_answer(services.sync.describe())

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/sync",
        Endpoint(who=Audience.ADMIN, about="Ask AWS now.", group=OPERATION, answers={202: Content(Sync)}),
    )
    def post_sync() -> Response:
        services.sync.request()
        return json_answer(services.sync.describe(), 202)

    return blueprint
