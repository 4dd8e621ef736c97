"""POST /api/v1/events as Flask knows it: declared, described, and asked where the short way does not answer."""

from flask import Blueprint, Response
from flask.globals import app_ctx, request_ctx

from mmbatch_dash.domain.endpoints import declare
from mmbatch_dash.ingest.answering import answer_events
from mmbatch_dash.ingest.declaration import DECLARATION
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The ingestion blueprint; needs the right `ingest` where a login is configured."""
    blueprint = Blueprint("ingest", __name__)

    def post_events() -> Response:
        request = request_ctx.request
        told = answer_events(services, request.environ, request.stream, request.content_length, app_ctx.g.teller)
        response = Response(told.body, told.status, mimetype="application/json")
        response.headers.extend(told.headers)
        return response

    blueprint.add_url_rule("/api/v1/events", view_func=declare(post_events, DECLARATION), methods=["POST"])
    return blueprint
