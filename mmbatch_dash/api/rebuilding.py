"""Making the tables anew while the server runs, over HTTP: asked for, and how far it is."""

from typing import Any

from flask import Blueprint, Response, g, request
from pydantic import ValidationError

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.rebuilding import RebuildState, RebuildWish
from mmbatch_dash.domain.endpoints import OPERATION, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.rebuild import ask_for_rebuild


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for admins."""
    blueprint = Blueprint("rebuilding", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/rebuild",
        Endpoint(
            who=Audience.ADMIN,
            about="How far the tables are made anew, or what came of it when it was last asked for.",
            group=OPERATION,
            answers={200: Content(RebuildState)},
        ),
    )
    def get_rebuild() -> Response:
        return json_answer(_state(services))

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/rebuild",
        Endpoint(
            who=Audience.ADMIN,
            about="Make the tables anew from the journal, beside those that are shown; events are taken in meanwhile.",
            group=OPERATION,
            bodies=(Content(RebuildWish),),
            answers={202: Content(RebuildState)},
            errors=(415, 422),
        ),
    )
    def post_rebuild() -> Response:
        try:
            wish = RebuildWish.model_validate(request.get_json(silent=True), strict=True)
        except ValidationError:
            raise InvalidInput('must be a JSON object such as {"accept_loss": false}', field="body") from None
        who, address = str(g.get("who") or "local"), request.remote_addr or ""
        ask_for_rebuild(services, accept_loss=wish.accept_loss, who=who, address=address)
        return json_answer(_state(services), 202)

    return blueprint


def _state(services: Services) -> dict[str, Any]:
    projection, damage = services.projection, services.journal.damage
    rebuild = projection.rebuild()
    return {
        "status": "rebuilding" if rebuild else "done",
        "share": round(rebuild.share, 4) if rebuild else None,
        "refused": projection.refused() or " ".join(projection.degraded()) or None,
        "problem": services.reports.freshness().problem,
        "damaged_places": damage.count,
        "lost_bytes": damage.lost_bytes,
    }
