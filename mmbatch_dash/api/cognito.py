"""PUT and DELETE /api/v1/security/cognito, for scripts: the user pool is tried before it takes effect (api.md)."""

from typing import Any

from flask import Blueprint, Response, g, request

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.config import HasConfig
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.errors import error_response
from mmbatch_dash.api.models.config import COGNITO_KEYS, CognitoChanges, CognitoConfig
from mmbatch_dash.domain.config import ConfigRefused
from mmbatch_dash.domain.endpoints import CONFIGURATION, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.state import public_tree

SECTION = "security.cognito"
LARGEST_BODY = 64 * 1024


def build_blueprint(services: HasConfig) -> Blueprint:
    """The blueprint; for admins. Reading is in `api/config.py`."""
    blueprint = Blueprint("cognito", __name__)
    store = services.config

    @endpoint(
        blueprint,
        "PUT",
        "/api/v1/security/cognito",
        Endpoint(
            who=Audience.ADMIN,
            about="Change it; the pool and the client must answer first.",
            group=CONFIGURATION,
            bodies=(Content(CognitoChanges),),
            answers={200: Content(CognitoConfig)},
            errors=(409, 413, 415, 422),
            lenient=True,
        ),
    )
    def put_cognito() -> Response:
        _apply({f"{SECTION}.{name}": value for name, value in {"enabled": True, **_body()}.items()})
        return _answer()

    @endpoint(
        blueprint,
        "DELETE",
        "/api/v1/security/cognito",
        Endpoint(
            who=Audience.ADMIN,
            about="Switch it off.",
            group=CONFIGURATION,
            answers={200: Content(CognitoConfig)},
            errors=(409, 413, 415, 422),
            lenient=True,
        ),
    )
    def delete_cognito() -> Response:
        _apply({f"{SECTION}.enabled": False})
        return _answer()

    def _apply(changes: dict[str, Any]) -> None:
        store.apply(changes, who=g.get("who") or f"unknown, from {request.remote_addr}", origin=Origin.API)

    def _answer() -> Response:
        cognito = public_tree(store.current())["security"]["cognito"]
        return json_answer({name: cognito[name] for name in COGNITO_KEYS})

    blueprint.register_error_handler(ConfigRefused, _refused)
    return blueprint


def _body() -> dict[str, Any]:
    request.max_content_length = LARGEST_BODY
    body = request.get_json(force=True)
    if not isinstance(body, dict):
        raise InvalidInput("must be a JSON object of keys and values", field="the body")
    return body


def _refused(error: ConfigRefused) -> Response:
    details = [
        {"field": problem.key, "message": sentence}
        for problem, sentence in zip(error.problems, error.sentences, strict=True)
    ]
    return error_response(422, None, str(error), details)
