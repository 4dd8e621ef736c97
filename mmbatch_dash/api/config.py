"""The configuration over HTTP, with the keys and answers of the MMBatch Management Server API (api.md)."""

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Blueprint, Response, g, request

from mmbatch_dash.api.answers import json_answer
from mmbatch_dash.api.declared import endpoint
from mmbatch_dash.api.errors import error_response
from mmbatch_dash.api.models.config import (
    COGNITO_KEYS,
    CkptChanges,
    CognitoConfig,
    Configuration,
    KeyChanges,
    LogChanges,
    LogConfig,
)
from mmbatch_dash.api.queries import ConfigQuery
from mmbatch_dash.domain.config import KEYS, ConfigConflict, ConfigRefused, from_text
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.durations import LONGEST, Duration
from mmbatch_dash.domain.endpoints import CONFIGURATION, Content, Endpoint
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import Audience
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.state import public_tree
from mmbatch_dash.store.config.store import ConfigStore

LARGEST_BODY = 1_000_000


class HasConfig(Protocol):
    """The part of the services this blueprint needs."""

    @property
    def config(self) -> ConfigStore:
        """The configuration."""


def build_blueprint(services: HasConfig) -> Blueprint:
    """The blueprint; reading is for readers and nodes, changing for admins."""
    blueprint = Blueprint("config", __name__)
    store = services.config

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/config",
        Endpoint(
            who=Audience.NODE,
            about="The whole configuration, secrets left out.",
            group=CONFIGURATION,
            answers={200: Content(Configuration), 304: Content(media="")},
            query=ConfigQuery,
            lenient=True,
        ),
    )
    def get_config(query: ConfigQuery) -> Response:
        queue = query.queue or None
        etag = store.etag_for(queue)
        if request.if_none_match.contains_weak(etag):
            return _tagged(Response(status=304), etag)
        return _tagged(json_answer(public_tree(store.current(), queue)), etag)

    @endpoint(
        blueprint,
        "PUT",
        "/api/v1/configKV",
        Endpoint(
            who=Audience.ADMIN,
            about='Change values by key: {"kvMap": {"node.ttl": "5m"}}; all or nothing.',
            group=CONFIGURATION,
            bodies=(Content(KeyChanges),),
            answers={200: Content(Configuration)},
            errors=(409, 412, 413, 415, 422),
            lenient=True,
        ),
    )
    def put_config_kv() -> Response:
        pairs = _object(_body().get("kvMap"), "kvMap")
        _apply(store, {key: _from_kv(key, value) for key, value in pairs.items()})
        return _answer(store)

    @endpoint(
        blueprint,
        "PUT",
        "/api/v1/ckptConfig",
        Endpoint(
            who=Audience.ADMIN,
            about="Change checkpoint values; durations as 15m or integer nanoseconds.",
            group=CONFIGURATION,
            bodies=(Content(CkptChanges),),
            answers={200: Content(Configuration)},
            errors=(409, 412, 413, 415, 422),
            lenient=True,
        ),
    )
    def put_ckpt_config() -> Response:
        _apply(store, {f"ckpt.{name}": _from_nanoseconds(f"ckpt.{name}", value) for name, value in _body().items()})
        return _answer(store)

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/log/config",
        Endpoint(
            who=Audience.READER,
            about="Log level and sizes.",
            group=CONFIGURATION,
            answers={200: Content(LogConfig)},
            lenient=True,
        ),
    )
    def get_log_config() -> Response:
        return json_answer(public_tree(store.current())["log"])

    @endpoint(
        blueprint,
        "PUT",
        "/api/v1/log/config",
        Endpoint(
            who=Audience.ADMIN,
            about="Change some of them.",
            group=CONFIGURATION,
            bodies=(Content(LogChanges),),
            answers={200: Content(LogConfig)},
            errors=(409, 412, 413, 415, 422),
            lenient=True,
        ),
    )
    def put_log_config() -> Response:
        _apply(store, {f"log.{name}": value for name, value in _body().items()})
        return json_answer(public_tree(store.current())["log"])

    @endpoint(
        blueprint,
        "GET",
        "/api/v1/security/cognito",
        Endpoint(
            who=Audience.READER,
            about="The user pool that signs people in.",
            group=CONFIGURATION,
            answers={200: Content(CognitoConfig)},
            lenient=True,
        ),
    )
    def get_cognito() -> Response:
        cognito = public_tree(store.current())["security"]["cognito"]
        return json_answer({name: cognito[name] for name in COGNITO_KEYS})

    blueprint.register_error_handler(ConfigRefused, _refused)
    blueprint.register_error_handler(ConfigConflict, _conflict)
    return blueprint


def _refused(error: ConfigRefused) -> Response:
    details = [
        {"field": problem.key, "message": sentence, **({"nearest": problem.nearest} if problem.nearest else {})}
        for problem, sentence in zip(error.problems, error.sentences, strict=True)
    ]
    return error_response(422, None, str(error), details)


def _conflict(error: ConfigConflict) -> Response:
    details = [{"field": key, "current": now, "yours": wanted} for key, (now, wanted) in error.values.items()]
    return error_response(412 if request.if_match else 409, None, str(error), details)


def _apply(store: ConfigStore, changes: Mapping[str, Any]) -> None:
    who = g.get("who") or f"unknown, from {request.remote_addr}"
    tags = request.if_match
    expected = tags.as_set(include_weak=True) if tags and not tags.star_tag else None
    store.apply(changes, who=who, origin=Origin.API, expected_etags=expected)


def _body() -> dict[str, Any]:
    """The JSON object of the request; its content type does not matter, because curl sends another by default.

    Raises:
        InvalidInput: it is none.
    """
    request.max_content_length = LARGEST_BODY
    try:
        return _object(request.get_json(force=True), "the body")
    except RecursionError:
        raise InvalidInput("is nested too deeply", field="the body") from None


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput("must be a JSON object of keys and values", field=name)
    return value


def _from_kv(key: str, value: Any) -> Any:
    return from_text(KEYS[key], value) if key in KEYS and isinstance(value, str) else value


def _from_nanoseconds(key: str, value: Any) -> Any:
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LONGEST
    return Duration(value) if is_number and key in KEYS and KEYS[key].kind is Kind.DURATION else value


def _answer(store: ConfigStore) -> Response:
    state = store.state()
    return _tagged(json_answer(public_tree(state.config)), state.etag)


def _tagged(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    return response
