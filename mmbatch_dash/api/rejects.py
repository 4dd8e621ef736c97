"""What was kept aside, over HTTP: list, export, try again."""

from flask import Blueprint, Response, request, stream_with_context
from pydantic import ValidationError

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.operation import MOST_IDS, Dismissed, RejectIds, RejectPage, Retried
from mmbatch_dash.api.queries import RejectsQuery
from mmbatch_dash.domain.endpoints import INTAKE, NDJSON, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.rejects import export_name


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; reading is for readers, retrying and dismissing for admins."""
    blueprint = Blueprint("rejects", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/rejects",
        Endpoint(
            who=Audience.READER,
            about="What was kept aside, oldest first.",
            group=INTAKE,
            query=RejectsQuery,
            answers={200: Content(RejectPage)},
        ),
    )
    def get_rejects(query: RejectsQuery) -> Response:
        page = services.rejects.page(limit=query.limit, after=query.after or None)
        following = page[-1].reject_id if len(page) == query.limit else None
        body = {"total": services.rejects.count(), "rows": [reject.as_dict() for reject in page], "next": following}
        return json_answer(body)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/rejects.ndjson",
        Endpoint(
            who=Audience.READER,
            about="All of it as a file.",
            group=INTAKE,
            answers={200: Content(media=NDJSON)},
            exported=True,
        ),
    )
    def export_rejects() -> Response:
        response = Response(stream_with_context(services.rejects.export()), mimetype=NDJSON)
        response.headers["Content-Disposition"] = f'attachment; filename="{export_name(services.clock())}"'
        return response

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/rejects/retry",
        Endpoint(
            who=Audience.ADMIN,
            about="Read rejected events again.",
            group=INTAKE,
            bodies=(Content(RejectIds),),
            answers={200: Content(Retried)},
            errors=(415, 422),
        ),
    )
    def retry_rejects() -> Response:
        retried = services.rejects.retry(_asked_ids())
        return json_answer({"entered": retried.entered, "refused": retried.refused})

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/rejects/dismiss",
        Endpoint(
            who=Audience.ADMIN,
            about="Take rejects off the list.",
            group=INTAKE,
            bodies=(Content(RejectIds),),
            answers={200: Content(Dismissed)},
            errors=(415, 422),
        ),
    )
    def dismiss_rejects() -> Response:
        reject_ids = _asked_ids()
        services.rejects.dismiss(reject_ids)
        return json_answer({"dismissed": reject_ids})

    return blueprint


def _asked_ids() -> list[str]:
    try:
        return RejectIds.model_validate(request.get_json(silent=True), strict=True).ids
    except ValidationError:
        message = f'must be a list of 1 to {MOST_IDS} reject ids, as in {{"ids": ["…"]}}'
        raise InvalidInput(message, field="ids") from None
