"""GET /api/v1/insight: what to change, and how sure that is."""

from flask import Blueprint, Response, request
from pydantic import ValidationError

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.models.insight import (
    Insight,
    ReplayBegun,
    ReplayPolicy,
    ReplayResult,
    ReplayState,
    as_answer,
)
from mmbatch_dash.api.queries import InsightQuery, SelectionQuery
from mmbatch_dash.domain.endpoints import Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.services import Services
from mmbatch_dash.services.insight import InsightBy
from mmbatch_dash.services.replays import Policy

INSIGHT = "Insight"
LARGEST_BODY = 10_000


def build_blueprint(services: Services) -> Blueprint:
    """The blueprint; for readers."""
    blueprint = Blueprint("insight", __name__)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/insight",
        Endpoint(
            who=Audience.READER,
            about="How often spot instances are taken back, how far apart checkpoints belong, and what that is worth.",
            group=INSIGHT,
            query=InsightQuery,
            answers={200: Content(Insight)},
        ),
    )
    def get_insight(query: InsightQuery) -> Response:
        found = services.insights.read(query.selection, InsightBy(query.by))
        removed = services.reports.removed(query.selection)
        return json_answer(as_answer(found, removed).model_dump(mode="json"))

    @endpoint(
        blueprint,
        "POST",
        "/api/v1/insight/replay",
        Endpoint(
            who=Audience.READER,
            about="Run the selected jobs' work again through their own attempts under another policy: the result where "
            "that takes less than two seconds, else the id to ask for it by.",
            group=INSIGHT,
            query=SelectionQuery,
            bodies=(Content(ReplayPolicy),),
            answers={200: Content(ReplayResult), 202: Content(ReplayBegun)},
            errors=(413, 415, 422),
        ),
    )
    def post_replay(query: SelectionQuery) -> Response:
        one = services.replays.start(query.selection, _read_policy())
        return json_answer(one.answer) if one.answer is not None else json_answer({"id": one.id}, 202)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/insight/replay/<replay_id>",
        Endpoint(
            who=Audience.READER,
            about="How far a replay is, and what came of it.",
            group=INSIGHT,
            answers={200: Content(ReplayState)},
            paths={"replay_id": "Id of the replay."},
        ),
    )
    def get_replay(replay_id: str) -> Response:
        one = services.replays.find(replay_id)
        return json_answer({"id": one.id, "progress": one.share, "result": one.answer})

    @endpoint(
        blueprint,
        "DELETE",
        "/api/v1/insight/replay/<replay_id>",
        Endpoint(
            who=Audience.READER,
            about="End a replay, and forget it.",
            group=INSIGHT,
            answers={204: Content(media="")},
            paths={"replay_id": "Id of the replay."},
        ),
    )
    def delete_replay(replay_id: str) -> Response:
        services.replays.cancel(replay_id)
        return Response(status=204)

    return blueprint


def _read_policy() -> Policy:
    """The policy of the request's body.

    Raises:
        InvalidInput: it is none.
    """
    request.max_content_length = LARGEST_BODY
    try:
        asked = ReplayPolicy.model_validate(request.get_json(force=True, silent=True), strict=False)
    except RecursionError:
        raise InvalidInput("is nested too deeply", field="the body") from None
    except ValidationError as error:
        first = error.errors()[0]
        if not first["loc"]:
            raise InvalidInput(
                'must be JSON such as {"interval": "30m", "purchase": "spot"}', field="the body"
            ) from None
        raise InvalidInput(first["msg"], field=".".join(map(str, first["loc"]))) from None
    return Policy(asked.interval, asked.purchase, asked.on_notice)
