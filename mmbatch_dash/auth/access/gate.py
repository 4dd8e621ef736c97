"""The one gate before every request. What is not declared to be for the caller is refused."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import flask
from flask.globals import app_ctx, request_ctx

from mmbatch_dash.auth.access.access_mode import AccessMode, AccessModes
from mmbatch_dash.auth.access.callers import find_caller, find_without_session
from mmbatch_dash.auth.access.dash_app import DashApp
from mmbatch_dash.auth.access.judging import Asked, Ground, Judgement, judge
from mmbatch_dash.auth.access.limits import EVENTS, bound_request, head_problem
from mmbatch_dash.auth.access.origins import has_csrf_token
from mmbatch_dash.auth.access.refusals import BAD_TOKEN, BAD_TOKENS, NOT_SET_UP, is_for_machines, refuse, refuse_nobody
from mmbatch_dash.auth.access.routes import ALIVE, DASH_UPDATE, audience_of_callback, find_declared
from mmbatch_dash.auth.access.tellers import Tellers
from mmbatch_dash.auth.calling import Recorder, note_caller, remote_address
from mmbatch_dash.auth.sessions.browser import SESSION_COOKIE
from mmbatch_dash.auth.sessions.sessions import Sessions
from mmbatch_dash.auth.sessions.throttle import Throttle
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.identity import NOBODY, Audience, Identity
from mmbatch_dash.domain.teller import Teller
from mmbatch_dash.store.auth.tokens import Tokens

LOG = logging.getLogger(__name__)
FOREIGN = "The request comes from another site's page."
NO_TOKEN = "The request lacks the token of this session. Load the page again."  # noqa: S105 - a sentence
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
        try:
            mode = self.modes.now()
        except StoreUnavailable:
            # Who ends servers that do not answer would end every one of them, and none could help.
            if request.path == ALIVE:
                return None
            raise
        app_ctx.g.access_mode = mode.value
        if refused := bound_request(request, self.config().ingest):
            return refused
        asked = Asked(
            environ=request.environ,
            method=request.method,
            path=request.path,
            mode=mode,
            proxies=self.proxies,
            find_caller=lambda: find_caller(self.tokens),
            audience=_audience(request),
            audience_for=self._audience_for,
            for_machines=is_for_machines(),
            has_csrf_token=has_csrf_token,
        )
        judged = judge(asked)
        if judged.ground is not None:
            return self._refuse(judged, mode)
        self._let_in(judged.identity, judged.audience)
        return None

    def sender_in(self, environ: Mapping[str, Any]) -> Teller | None:
        """What is believed of one who sends events, judged by the head alone and let in; else None.

        None is no refusal: `admit` says what speaks against it, or finds a session that this does not look for.
        """
        if head_problem(environ):
            return None
        asked = Asked(
            environ=environ,
            method="POST",
            path=EVENTS,
            mode=self.modes.now(),
            proxies=self.proxies,
            find_caller=lambda: find_without_session(environ, self.tokens) or NOBODY,
            audience=Audience.INGEST,
            audience_for=lambda _identity, audience: audience,
            for_machines=True,
            has_csrf_token=lambda: False,
        )
        if SESSION_COOKIE in environ.get("HTTP_COOKIE", ""):
            return None
        judged = judge(asked)
        return None if judged.ground else self.tellers.of(judged.identity, environ.get("REMOTE_ADDR") or "")

    def _audience_for(self, identity: Identity, audience: Audience) -> Audience:
        note_caller(identity)
        if request_ctx.request.path == DASH_UPDATE:
            return self._audience_of_body(identity, audience)
        return audience

    def _audience_of_body(self, identity: Identity, audience: Audience) -> Audience:
        """The audience of the Dash callback that the body asks for, read only once the caller may call any."""
        if not identity.may(audience):
            return audience
        body = flask.request.get_json(silent=True)
        output = body.get("output") if isinstance(body, dict) else None
        flask.g.callback = output if isinstance(output, str) else ""
        return audience_of_callback(self.dash.callback_map, output)

    def _refuse(self, judged: Judgement, mode: AccessMode) -> flask.Response:
        match judged.ground:
            case Ground.MODE | Ground.WAY_IN:
                return refuse(403, judged.reason)
            case Ground.BAD_TOKEN:
                return self._refuse_token()
            case Ground.FOREIGN_PAGE | Ground.NO_CSRF_TOKEN:
                self.recorder.record("refused", judged.ground.value, detail=_what())
                return refuse(403, FOREIGN if judged.ground is Ground.FOREIGN_PAGE else NO_TOKEN)
        return self._refuse_audience(judged.identity, judged.audience, mode)

    def _refuse_token(self) -> flask.Response:
        address = remote_address()
        if wait := self.bad_tokens.wait_seconds(address, address):
            return refuse(429, BAD_TOKENS, Retry_After=str(wait))
        self.bad_tokens.failed(address, address)
        self.recorder.record("refused", "bad token", who="", detail=_what())
        return refuse(401, BAD_TOKEN, WWW_Authenticate="Bearer")

    def _refuse_audience(self, identity: Identity, audience: Audience, mode: AccessMode) -> flask.Response:
        if identity is NOBODY:
            return refuse(401, NOT_SET_UP, WWW_Authenticate="Bearer") if mode is AccessMode.SETUP else refuse_nobody()
        self.recorder.record("refused", f"for {audience.value}", detail=_what())
        return refuse(403, FOR_ADMINS if audience is Audience.ADMIN else NOT_FOR_YOU.format(who=identity.who))

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
