"""The one gate before every request. What is not declared to be for the caller is refused."""

import logging
from typing import Any

import flask
from flask.globals import app_ctx, request_ctx

from mmbatch_dash.auth.callers import BadToken, find_caller, token_in
from mmbatch_dash.auth.doors import Door
from mmbatch_dash.auth.limits import bound_request
from mmbatch_dash.auth.origins import (
    SAFE_METHODS,
    has_csrf_token,
    is_foreign_page,
    is_forwarded,
    why_not_local,
)
from mmbatch_dash.auth.parts import Auth
from mmbatch_dash.auth.refusals import BAD_TOKEN, NOT_SET_UP, is_for_machines, refuse, refuse_nobody
from mmbatch_dash.auth.routes import DASH_UPDATE, audience_of_callback, find_declared, is_way_in
from mmbatch_dash.domain.identity import NOBODY, OPEN, Audience, CallerKind, Identity

LOG = logging.getLogger(__name__)
FOREIGN = "The request comes from another site's page."
NO_TOKEN = "The request lacks the token of this session. Load the page again."  # noqa: S105 - a sentence
NOT_FOR_TOKENS = "Tokens are for the API; people sign in here."
FOR_ADMINS = "This is for admins."
NOT_FOR_YOU = "This is not for {who}."
_BY_ITSELF = frozenset({"shell-tick.n_intervals", "shell-token.data"})
"""What an open page asks for without anybody doing anything."""


def admit(auth: Auth) -> flask.Response | None:
    """A refusal, or None after noting in `flask.g` who calls."""
    # Looked up once: each look through Flask's proxies costs as much as a check.
    request, g = request_ctx.request, app_ctx.g
    _note(g, NOBODY)
    door = auth.doors.state()
    g.door = door.value
    refused = bound_request(request, auth.config().ingest.max_body_mb) or _check_door(request, door, auth)
    if refused:
        return refused
    if token_in(request.environ) is not None and is_way_in(request.path):
        return refuse(403, NOT_FOR_TOKENS)
    audience = _audience(request)
    try:
        identity: Identity | None = find_caller(auth)
    except BadToken:
        identity = None
    if identity is None and audience is not Audience.ANYONE:
        auth.record("refused", "bad token", who="", detail=_what())
        return refuse(401, BAD_TOKEN, WWW_Authenticate="Bearer")
    identity = identity or NOBODY
    if identity is NOBODY and door in (Door.LOOPBACK, Door.INSECURE):
        identity = OPEN
    _note(g, identity)
    if request.path == DASH_UPDATE:
        audience = _audience_of_body(auth, audience)
    if not identity.may(audience):
        return _refuse(auth, identity, audience, door)
    refused = _check_origin(request, auth, identity)
    if refused is None:
        _touch(auth, identity)
    return refused


def _note(g: Any, identity: Identity) -> None:
    g.identity = identity
    g.who = identity.who


def _check_door(request: flask.Request, door: Door, auth: Auth) -> flask.Response | None:
    reason = why_not_local(request) if door is Door.LOOPBACK else None
    if door is Door.SETUP and is_forwarded(request) and not auth.settings.trusted_proxies:
        reason = "A server that waits for its set-up answers to no proxy that it was not told to trust."
    return refuse(403, reason) if reason else None


def _audience(request: flask.Request) -> Audience:
    rule = request.url_rule
    if rule is None:
        # No such route or method: those who may read are told so, others have to say first who they are.
        return Audience.KNOWN
    declared = find_declared(request.method, rule.rule)
    if declared is None:
        LOG.error("%s %s is declared for nobody in auth/routes.py; only admins get in", request.method, rule.rule)
        return Audience.ADMIN
    return declared


def _audience_of_body(auth: Auth, audience: Audience) -> Audience:
    """The audience of the Dash callback that the body asks for, read only once the caller may call any."""
    if not flask.g.identity.may(audience):
        return audience
    body = flask.request.get_json(silent=True)
    output = body.get("output") if isinstance(body, dict) else None
    flask.g.callback = output if isinstance(output, str) else ""
    return audience_of_callback(auth.callback_map, output)


def _refuse(auth: Auth, identity: Identity, audience: Audience, door: Door) -> flask.Response:
    if identity is NOBODY:
        return refuse(401, NOT_SET_UP, WWW_Authenticate="Bearer") if door is Door.SETUP else refuse_nobody()
    auth.record("refused", f"for {audience.value}", detail=_what())
    return refuse(403, FOR_ADMINS if audience is Audience.ADMIN else NOT_FOR_YOU.format(who=identity.who))


def _check_origin(request: flask.Request, auth: Auth, identity: Identity) -> flask.Response | None:
    if request.method in SAFE_METHODS or identity.kind is CallerKind.TOKEN:
        return None
    if is_foreign_page(request):
        auth.record("refused", "foreign page", detail=_what())
        return refuse(403, FOREIGN)
    is_form = not is_for_machines()
    if (identity.signed_in or is_form) and not has_csrf_token():
        auth.record("refused", "no CSRF token", detail=_what())
        return refuse(403, NO_TOKEN)
    return None


def _touch(auth: Auth, identity: Identity) -> None:
    if identity.signed_in and not _is_by_itself() and (session := auth.sessions.find(identity.session)):
        auth.sessions.touch(session)


def _is_by_itself() -> bool:
    if flask.request.path != DASH_UPDATE:
        return False
    body = flask.request.get_json(silent=True)
    changed = body.get("changedPropIds") if isinstance(body, dict) else None
    return isinstance(changed, list) and bool(changed) and all(item in _BY_ITSELF for item in changed)


def _what() -> str:
    callback = flask.g.get("callback")
    return f"{flask.request.method} {flask.request.path}" + (f" {callback[:80]}" if callback else "")
