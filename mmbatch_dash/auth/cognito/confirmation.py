"""Whether a user pool still stands by a session, asked every few minutes.

It is asked by refreshing the session's tokens: that brings the groups of now, and fails for a user who is disabled,
removed or signed out everywhere.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mmbatch_dash.adapters.cognito import CognitoRefused, PoolTokens, Reason
from mmbatch_dash.auth.calling import Recorder
from mmbatch_dash.auth.cognito.pool_tokens import PoolUser, TokenRefused, verify_tokens
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.sessions.sessions import CognitoTokens, Session

LOG = logging.getLogger(__name__)
ASK_AGAIN = timedelta(minutes=3)
GRACE = timedelta(minutes=10)
"""How long the pool's last word holds while it cannot be asked."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Asks the pool in force."""

    pools: Pools
    recorder: Recorder
    clock: Callable[[], datetime]

    def holds(self, session: Session) -> bool:
        """Whether the pool stands by the session, which gets the role of now if it does."""
        if session.stamp != self.pools.stamp() or session.tokens is None:
            return False
        if self._is_fresh(session.tokens):
            return True
        # One request asks, the others wait: under token rotation a refresh token is good once.
        with session.lock:
            return self._is_fresh(session.tokens) or self._ask(session, session.tokens)

    def _is_fresh(self, held: CognitoTokens) -> bool:
        return self.clock() - held.checked_at < ASK_AGAIN

    def _ask(self, session: Session, held: CognitoTokens) -> bool:
        in_grace = self.clock() - held.checked_at < GRACE
        if not held.refresh:
            return in_grace
        try:
            tokens, user = self._refresh(held)
        except CognitoRefused as error:
            if error.reason in (Reason.UNREACHABLE, Reason.TOO_MANY, Reason.CLIENT):
                LOG.warning("The user pool cannot confirm %s: %s", session.name, error)
                return in_grace
            self.recorder.record("sign-out", "the pool withdrew it", who=session.identity.who)
            return False
        except TokenRefused as error:
            LOG.warning("The user pool's tokens for %s are refused: %s", session.name, error)
            return False
        if user.subject != held.subject:
            return False
        role = user.role(self.pools.settings.admin_groups, self.pools.settings.reader_groups)
        if role is None:
            self.recorder.record("sign-out", "in no reader group any more", who=session.identity.who)
            return False
        if role is not session.role:
            detail = f"{session.role.value} is now {role.value}"
            self.recorder.record("role", who=session.identity.who, detail=detail)
        session.role = role
        session.tokens = CognitoTokens(
            tokens.access, tokens.refresh, held.username, held.subject, self.clock(), held.hosted
        )
        return True

    def _refresh(self, held: CognitoTokens) -> tuple[PoolTokens, PoolUser]:
        pool = self.pools.current()
        fresh = pool.client().refresh(held.refresh, held.username)
        tokens = PoolTokens(fresh.id_token, fresh.access, fresh.refresh or held.refresh)
        return tokens, verify_tokens(tokens, pool, self.pools.keys_of(pool), self.clock())
