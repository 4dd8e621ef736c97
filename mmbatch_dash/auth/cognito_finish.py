"""The end of a sign-in through a user pool: tokens verified, role found, session begun, pool switched on if proved."""

import logging

import flask

from mmbatch_dash.adapters.cognito import CognitoRefused, PoolTokens
from mmbatch_dash.auth.entering import enter
from mmbatch_dash.auth.parts import Auth
from mmbatch_dash.auth.pending import Pending
from mmbatch_dash.auth.pool_tokens import PoolUser, TokenRefused, verify_tokens
from mmbatch_dash.auth.refusals import refuse
from mmbatch_dash.auth.sessions import CognitoTokens
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.domain.identity import CallerKind, Role
from mmbatch_dash.services.login_trial import proved_by_sign_in
from mmbatch_dash.store.config_history import Origin

LOG = logging.getLogger(__name__)
NOT_VERIFIED = "The user pool's answer could not be verified. The log has the reason; nobody was signed in."
NOT_ADMIN = "{name} is in none of the groups {groups}. The pool stays off, so that you are not locked out."


def finish(
    auth: Auth, pending: Pending, tokens: PoolTokens, *, nonce: str | None = None, hosted: bool = False
) -> flask.Response:
    """Lets in whoever the tokens verify, or says why not."""
    try:
        user = verify_tokens(tokens, pending.pool, auth.keys_of(pending.pool), auth.clock(), nonce=nonce)
    except TokenRefused as error:
        LOG.warning("request %s: sign-in refused: %s", flask.g.get("request_id"), error)
        auth.record("sign-in", "tokens not verified", who="", detail=pending.account)
        return refuse(401, NOT_VERIFIED)
    except CognitoRefused as error:
        auth.record("sign-in", error.reason.value, who="", detail=pending.account)
        return refuse(503, str(error))
    refused = _switch_on(auth, pending, user) if pending.enabling else None
    if refused is not None:
        return refused
    auth.throttle.succeeded(pending.account, flask.request.remote_addr or "")
    held = CognitoTokens(tokens.access, tokens.refresh, user.username, user.subject, auth.clock(), hosted)
    role = user.role(auth.config().security.cognito.admin_groups)
    session = auth.sessions.begin(user.name, CallerKind.COGNITO, role, stamp=stamp_of(auth), tokens=held)
    return enter(auth, session, pending.target)


def stamp_of(auth: Auth) -> str:
    """Names pool and client in force; a session made under others is over."""
    cognito = auth.config().security.cognito
    return f"{cognito.region}/{cognito.user_pool_id}/{cognito.client_id}" if cognito.enabled else ""


def _switch_on(auth: Auth, pending: Pending, user: PoolUser) -> flask.Response | None:
    enabling = pending.enabling
    assert enabling is not None  # noqa: S101 - the caller looked; for the type checker
    if user.role(enabling.admin_groups) is not Role.ADMIN:
        auth.record("change", "not an admin of the pool", who=enabling.who, detail="switch on Cognito login")
        groups = ", ".join(enabling.admin_groups)
        return refuse(422, NOT_ADMIN.format(name=user.name, groups=groups))
    try:
        with proved_by_sign_in():
            auth.store.apply(enabling.changes, who=enabling.who, origin=Origin.PAGE)
    except MmbatchDashError as error:
        auth.record("change", "refused", who=enabling.who, detail="switch on Cognito login")
        return refuse(422, str(error))
    auth.record("change", who=enabling.who, detail=f"switched on Cognito login, proved by {user.name}")
    return None
