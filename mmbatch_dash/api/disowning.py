"""Disowning over HTTP: the list, what a change would do, and the change."""

from typing import Any

from flask import Blueprint, Response, g, request
from pydantic import ValidationError

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.disowning import DisownedBook, DisownForeseen, DisownWish
from mmbatch_dash.domain.disowning import Disowned, disown
from mmbatch_dash.domain.endpoints import INTAKE, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.domain.instants import parse_instant, to_iso
from mmbatch_dash.services import Services


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for admins."""
    blueprint = Blueprint("disowning", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/disowned",
        Endpoint(
            who=Audience.ADMIN,
            about="What the figures leave out, by token, source and time of receipt.",
            group=INTAKE,
            answers={200: Content(DisownedBook)},
        ),
    )
    def get_disowned() -> Response:
        return json_answer(_book(services, services.disowning.all()))

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/disowned/preview",
        Endpoint(
            who=Audience.ADMIN,
            about="What disowning, or taking it back, would change; nothing is changed.",
            group=INTAKE,
            bodies=(Content(DisownWish),),
            answers={200: Content(DisownForeseen)},
            errors=(415, 422, 503),
        ),
    )
    def preview_disowned() -> Response:
        wanted, undo = _read_wish()
        foreseen = services.disowning.foresee(wanted, undo=undo)
        after = foreseen.after.as_dict()["figures"] if foreseen.after else None
        before = foreseen.before.as_dict()["figures"]
        return json_answer({"entries": foreseen.entries, "before": before, "after": after})

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/disowned",
        Endpoint(
            who=Audience.ADMIN,
            about="Leave entries out of the figures, or take that back; the tables are made anew for it.",
            group=INTAKE,
            bodies=(Content(DisownWish),),
            answers={200: Content(DisownedBook)},
            errors=(415, 422),
        ),
    )
    def post_disowned() -> Response:
        wanted, undo = _read_wish()
        who, address = str(g.get("who") or "local"), request.remote_addr or ""
        changed = services.disowning.change(wanted, undo=undo, who=who, address=address)
        return json_answer(_book(services, changed))

    return blueprint


def _read_wish() -> tuple[Disowned, bool]:
    try:
        wish = DisownWish.model_validate(request.get_json(silent=True), strict=True)
    except ValidationError:
        example = '{"token": "nightly", "source": "s3://*", "from": "2026-03-01T00:00:00Z", "undo": false}'
        raise InvalidInput(f"must be a JSON object such as {example}", field="body") from None
    since = parse_instant(wish.since, field="from") if wish.since else None
    until = parse_instant(wish.until, field="to") if wish.until else None
    return disown(wish.token, wish.source, since, until), wish.undo


def _book(services: Services, disowned: tuple[Disowned, ...]) -> dict[str, Any]:
    rows = [
        {
            "teller": each.teller,
            "source": each.source,
            "from": to_iso(each.since) if each.since else None,
            "to": to_iso(each.until) if each.until else None,
        }
        for each in disowned
    ]
    rebuild = services.reports.freshness().rebuild
    return {"rows": rows, "rebuilding": rebuild.share if rebuild else None}
