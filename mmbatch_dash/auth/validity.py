"""Whether a session still stands for somebody who may be here, asked at every request.

Local users are looked up each time. A user pool is asked every few minutes, by refreshing the session's tokens: that
brings the groups of now, and fails for a user who is disabled, removed or signed out everywhere.
"""

import logging
from datetime import timedelta

from mmbatch_dash.adapters.cognito import CognitoRefused, PoolTokens, Reason
from mmbatch_dash.auth.cognito_finish import stamp_of
from mmbatch_dash.auth.parts import Auth
from mmbatch_dash.auth.pool_tokens import TokenRefused, verify_tokens
from mmbatch_dash.auth.sessions import CognitoTokens, Session
from mmbatch_dash.domain.identity import CallerKind

LOG = logging.getLogger(__name__)
ASK_AGAIN = timedelta(minutes=3)
GRACE = timedelta(minutes=10)
"""How long the pool's last word holds while it cannot be asked."""


def still_valid(auth: Auth, session: Session) -> bool:
    """Whether it does; the session is ended if not, and has the role of now if it does."""
    if session.kind is CallerKind.LOCAL:
        user = auth.users.find(session.name)
        valid = user is not None and user.stamp == session.stamp
    else:
        valid = session.stamp == stamp_of(auth) and _pool_agrees(auth, session)
    if not valid:
        auth.sessions.end(session.key)
    return valid


def _pool_agrees(auth: Auth, session: Session) -> bool:
    if session.tokens is None:
        return False
    if auth.clock() - session.tokens.checked_at < ASK_AGAIN:
        return True
    # One request asks, the others wait: under token rotation a refresh token is good once.
    with session.lock:
        if auth.clock() - session.tokens.checked_at < ASK_AGAIN:
            return True
        return _ask_pool(auth, session, session.tokens)


def _ask_pool(auth: Auth, session: Session, held: CognitoTokens) -> bool:
    in_grace = auth.clock() - held.checked_at < GRACE
    if not held.refresh:
        return in_grace
    try:
        pool = auth.pool()
        fresh = pool.client().refresh(held.refresh, held.username)
        tokens = PoolTokens(fresh.id_token, fresh.access, fresh.refresh or held.refresh)
        user = verify_tokens(tokens, pool, auth.keys_of(pool), auth.clock())
    except CognitoRefused as error:
        if error.reason in (Reason.UNREACHABLE, Reason.TOO_MANY, Reason.CLIENT):
            LOG.warning("The user pool cannot confirm %s: %s", session.name, error)
            return in_grace
        auth.record("sign-out", "the pool withdrew it", who=session.name)
        return False
    except TokenRefused as error:
        LOG.warning("The user pool's tokens for %s are refused: %s", session.name, error)
        return False
    if user.subject != held.subject:
        return False
    role = user.role(auth.config().security.cognito.admin_groups)
    if role is not session.role:
        auth.record("role", who=session.name, detail=f"{session.role.value} is now {role.value}")
    session.role = role
    session.tokens = CognitoTokens(
        tokens.access, tokens.refresh, held.username, held.subject, auth.clock(), held.hosted
    )
    return True
