"""What was kept aside, over HTTP: list, export, try again."""

from flask import Blueprint, Response, request, stream_with_context

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.services import Services
from mmbatch_dash.services.rejects import PAGE, export_name

MOST = 1000


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; reading is for readers, retrying and dismissing for admins."""
    blueprint = Blueprint("rejects", __name__)

    @blueprint.get("/api/v1/rejects")
    def get_rejects() -> Response:
        limit = _limit(request.args.get("limit"))
        page = services.rejects.page(limit=limit, after=request.args.get("after"))
        following = page[-1].reject_id if len(page) == limit else None
        body = {"total": services.rejects.count(), "rows": [reject.as_dict() for reject in page], "next": following}
        return json_answer(body)

    @blueprint.get("/api/v1/rejects.ndjson")
    def export_rejects() -> Response:
        response = Response(stream_with_context(services.rejects.export()), mimetype="application/x-ndjson")
        response.headers["Content-Disposition"] = f'attachment; filename="{export_name(services.clock())}"'
        return response

    @blueprint.post("/api/v1/rejects/retry")
    def retry_rejects() -> Response:
        retried = services.rejects.retry(_asked_ids())
        return json_answer({"entered": retried.entered, "refused": retried.refused})

    @blueprint.post("/api/v1/rejects/dismiss")
    def dismiss_rejects() -> Response:
        reject_ids = _asked_ids()
        services.rejects.dismiss(reject_ids)
        return json_answer({"dismissed": reject_ids})

    return blueprint


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise InvalidInput(f"must be a whole number from 1 to {MOST}", field="limit")
    return int(text)


def _asked_ids() -> list[str]:
    body = request.get_json(silent=True)
    ids = body.get("ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST or not all(isinstance(item, str) for item in ids):
        raise InvalidInput(f'must be a list of 1 to {MOST} reject ids, as in {{"ids": ["…"]}}', field="ids")
    return ids
