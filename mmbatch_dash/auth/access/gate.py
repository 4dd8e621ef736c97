"""The one gate before every request. What is not declared to be for the caller is refused."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import flask
from flask.globals import app_ctx, request_ctx

from mmbatch_dash.auth.access.access_mode import AccessMode, AccessModes
from mmbatch_dash.auth.access.callers import BY_PRIVATE_SOCKET, BadToken, find_caller, token_in
from mmbatch_dash.auth.access.dash_app import DashApp
from mmbatch_dash.auth.access.limits import bound_request
from mmbatch_dash.auth.access.origins import SAFE_METHODS, has_csrf_token, is_foreign_page, is_forwarded, why_not_local
from mmbatch_dash.auth.access.refusals import BAD_TOKEN, BAD_TOKENS, NOT_SET_UP, is_for_machines, refuse, refuse_nobody
from mmbatch_dash.auth.access.routes import DASH_UPDATE, audience_of_callback, find_declared, is_way_in
from mmbatch_dash.auth.access.tellers import Tellers
from mmbatch_dash.auth.calling import Recorder, note_caller, remote_address
from mmbatch_dash.auth.sessions.sessions import Sessions
from mmbatch_dash.auth.sessions.throttle import Throttle
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.identity import NOBODY, OPEN, Audience, CallerKind, Identity
from mmbatch_dash.store.auth.tokens import Tokens

LOG = logging.getLogger(__name__)
FOREIGN = "The request comes from another site's page."
NO_TOKEN = "The request lacks the token of this session. Load the page again."  # noqa: S105 - a sentence
NOT_FOR_TOKENS = "Tokens are for the API; people sign in here."
FOR_ADMINS = "This is for admins."
NOT_FOR_YOU = "This is not for {who}."
_BY_ITSELF = frozenset({"shell-tick.n_intervals", "shell-token.data"})
"""What an open page asks for without anybody doing anything."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides over each request.

    Attributes:
        bad_tokens: counts them by address; whoever presents a good one is let in all the same.
        proxies: how many in front are trusted.
    """

    modes: AccessModes
    tokens: Tokens
    sessions: Sessions
    recorder: Recorder
    dash: DashApp
    config: Callable[[], Config]
    bad_tokens: Throttle
    tellers: Tellers
    proxies: int

    def admit(self) -> flask.Response | None:
        """A refusal, or None after noting in `flask.g` who calls."""
        # Looked up once: each look through Flask's proxies costs as much as a check.
        request = request_ctx.request
        note_caller(NOBODY)
        mode = self.modes.now()
        app_ctx.g.access_mode = mode.value
        refused = bound_request(request, self.config().ingest)
        if refused is None and BY_PRIVATE_SOCKET not in request.environ:
            refused = self._check_mode(request, mode)
        if refused:
            return refused
        if token_in(request.environ) is not None and is_way_in(request.path):
            return refuse(403, NOT_FOR_TOKENS)
        audience = _audience(request)
        try:
            identity: Identity | None = find_caller(self.tokens)
        except BadToken:
            identity = None
        if identity is None and audience is not Audience.ANYONE:
            return self._refuse_token()
        identity = identity or NOBODY
        if identity is NOBODY and mode in (AccessMode.LOOPBACK, AccessMode.INSECURE):
            identity = OPEN
        note_caller(identity)
        if request.path == DASH_UPDATE:
            audience = self._audience_of_body(identity, audience)
        if not identity.may(audience):
            return self._refuse(identity, audience, mode)
        refused = self._check_origin(request, identity)
        if refused is None:
            self._let_in(identity, audience)
        return refused

    def _check_mode(self, request: flask.Request, mode: AccessMode) -> flask.Response | None:
        reason = why_not_local(request) if mode is AccessMode.LOOPBACK else None
        if mode is AccessMode.SETUP and is_forwarded(request) and not self.proxies:
            reason = "A server that waits for its set-up answers to no proxy that it was not told to trust."
        return refuse(403, reason) if reason else None

    def _audience_of_body(self, identity: Identity, audience: Audience) -> Audience:
        """The audience of the Dash callback that the body asks for, read only once the caller may call any."""
        if not identity.may(audience):
            return audience
        body = flask.request.get_json(silent=True)
        output = body.get("output") if isinstance(body, dict) else None
        flask.g.callback = output if isinstance(output, str) else ""
        return audience_of_callback(self.dash.callback_map, output)

    def _refuse_token(self) -> flask.Response:
        address = remote_address()
        if wait := self.bad_tokens.wait_seconds(address, address):
            return refuse(429, BAD_TOKENS, Retry_After=str(wait))
        self.bad_tokens.failed(address, address)
        self.recorder.record("refused", "bad token", who="", detail=_what())
        return refuse(401, BAD_TOKEN, WWW_Authenticate="Bearer")

    def _refuse(self, identity: Identity, audience: Audience, mode: AccessMode) -> flask.Response:
        if identity is NOBODY:
            return refuse(401, NOT_SET_UP, WWW_Authenticate="Bearer") if mode is AccessMode.SETUP else refuse_nobody()
        self.recorder.record("refused", f"for {audience.value}", detail=_what())
        return refuse(403, FOR_ADMINS if audience is Audience.ADMIN else NOT_FOR_YOU.format(who=identity.who))

    def _check_origin(self, request: flask.Request, identity: Identity) -> flask.Response | None:
        if request.method in SAFE_METHODS or identity.kind in (CallerKind.TOKEN, CallerKind.OWNER):
            return None
        if is_foreign_page(request):
            self.recorder.record("refused", "foreign page", detail=_what())
            return refuse(403, FOREIGN)
        if (identity.signed_in or not is_for_machines()) and not has_csrf_token():
            self.recorder.record("refused", "no CSRF token", detail=_what())
            return refuse(403, NO_TOKEN)
        return None

    def _let_in(self, identity: Identity, audience: Audience) -> None:
        if audience in (Audience.INGEST, Audience.NODE):
            app_ctx.g.teller = self.tellers.of(identity, remote_address())
        if identity.signed_in and not _is_by_itself() and (session := self.sessions.find(identity.session)):
            self.sessions.touch(session)


def _audience(request: flask.Request) -> Audience:
    rule = request.url_rule
    if rule is None:
        # No such route or method: those who may read are told so, others have to say first who they are.
        return Audience.KNOWN
    declared = find_declared(request.method, rule.rule, flask.current_app.view_functions.get(rule.endpoint))
    if declared is None:
        LOG.error(
            "%s %s is declared for nobody in auth/access/routes.py; only admins get in", request.method, rule.rule
        )
        return Audience.ADMIN
    return declared


def _is_by_itself() -> bool:
    if flask.request.path != DASH_UPDATE:
        return False
    body = flask.request.get_json(silent=True)
    changed = body.get("changedPropIds") if isinstance(body, dict) else None
    return isinstance(changed, list) and bool(changed) and all(item in _BY_ITSELF for item in changed)


def _what() -> str:
    callback = flask.g.get("callback")
    return f"{flask.request.method} {flask.request.path}" + (f" {callback[:80]}" if callback else "")
