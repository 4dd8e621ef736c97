"""POST /api/v1/nextflow: the messages of Nextflow's `-with-weblog`."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response
from flask.globals import app_ctx, request_ctx

from mmbatch_dash.adapters.nextflow_weblog import read_messages
from mmbatch_dash.domain.endpoints import INTAKE, Content, Endpoint, declare
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.ingest.answering import answer_receipt
from mmbatch_dash.ingest.declaration import NothingTaken, Receipt
from mmbatch_dash.services import Services

_MESSAGE = dict[str, Any]

DECLARATION = Endpoint(
    who=Audience.INGEST,
    about="Take in messages of Nextflow's `-with-weblog`, one or a list. Tasks get the tags runName and process; "
    "by=tag:runName of /api/v1/queues is the cost of a run with all its tries.",
    group=INTAKE,
    bodies=(Content(_MESSAGE | list[_MESSAGE]),),
    answers={200: Content(Receipt), 207: Content(Receipt), 422: Content(NothingTaken)},
    errors=(413, 415),
    lenient=True,
)


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; needs the right `ingest` where a login is configured."""
    blueprint = Blueprint("nextflow", __name__)

    def post_messages() -> Response:
        told = answer_receipt(services.intake.take(read_messages(_messages()), app_ctx.g.teller))
        return Response(told.body, told.status, mimetype="application/json")

    blueprint.add_url_rule("/api/v1/nextflow", view_func=declare(post_messages, DECLARATION), methods=["POST"])
    return blueprint


def _messages() -> Iterable[Any]:
    # The weblog of older versions names no content type that says JSON.
    body = request_ctx.request.get_json(force=True, silent=True)
    if body is None:
        raise InvalidInput("must be JSON as Nextflow's -with-weblog sends: an object, or a list of them", field="body")
    return body if isinstance(body, list) else [body]
