"""The end of a sign-in through a user pool: tokens verified, role found, session begun, pool switched on if proved."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import flask

from mmbatch_dash.adapters.cognito import CognitoRefused, PoolTokens
from mmbatch_dash.auth.access.refusals import refuse
from mmbatch_dash.auth.calling import Recorder, remote_address
from mmbatch_dash.auth.cognito.pending import Enabling, Pending
from mmbatch_dash.auth.cognito.pool_tokens import PoolUser, TokenRefused, verify_tokens
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.sessions.browser import BrowserSession
from mmbatch_dash.auth.sessions.sessions import CognitoTokens, Sessions
from mmbatch_dash.auth.sessions.throttle import Throttle
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.domain.identity import CallerKind, Role
from mmbatch_dash.services.login_trial import proved_by_sign_in
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.store import ConfigStore

LOG = logging.getLogger(__name__)
NOT_VERIFIED = "The user pool's answer could not be verified. The log has the reason; nobody was signed in."
NOT_READER = "{name} is in none of the groups that may read here. An admin of the user pool can change that."
NOT_ADMIN = "{name} is in none of the groups {groups}. The pool stays off, so that you are not locked out."


@dataclass(frozen=True, slots=True)
class Finish:
    """Ends sign-ins through a pool."""

    pools: Pools
    store: ConfigStore
    sessions: Sessions
    browser: BrowserSession
    throttle: Throttle
    recorder: Recorder
    clock: Callable[[], datetime]

    def __call__(
        self, pending: Pending, tokens: PoolTokens, *, nonce: str | None = None, hosted: bool = False
    ) -> flask.Response:
        """Lets in whoever the tokens verify, or says why not."""
        try:
            user = verify_tokens(tokens, pending.pool, self.pools.keys_of(pending.pool), self.clock(), nonce=nonce)
        except TokenRefused as error:
            LOG.warning("request %s: sign-in refused: %s", flask.g.get("request_id"), error)
            self.recorder.record("sign-in", "tokens not verified", who="", detail=pending.account)
            return refuse(401, NOT_VERIFIED)
        except CognitoRefused as error:
            self.recorder.record("sign-in", error.reason.value, who="", detail=pending.account)
            return refuse(503, str(error))
        refused = self._switch_on(pending.enabling, user) if pending.enabling else None
        if refused is not None:
            return refused
        self.throttle.succeeded(pending.account, remote_address())
        held = CognitoTokens(tokens.access, tokens.refresh, user.username, user.subject, self.clock(), hosted)
        role = user.role(self.pools.settings.admin_groups, self.pools.settings.reader_groups)
        if role is None:
            self.recorder.record("sign-in", "in no reader group", who=f"{CallerKind.COGNITO.value}:{user.name}")
            return refuse(403, NOT_READER.format(name=user.name))
        session = self.sessions.begin(user.name, CallerKind.COGNITO, role, stamp=self.pools.stamp(), tokens=held)
        return self.browser.begin(session, pending.target)

    def _switch_on(self, enabling: Enabling, user: PoolUser) -> flask.Response | None:
        record = self.recorder.record
        if user.role(enabling.admin_groups) is not Role.ADMIN:
            record("change", "not an admin of the pool", who=enabling.who, detail="switch on Cognito login")
            groups = ", ".join(enabling.admin_groups)
            return refuse(422, NOT_ADMIN.format(name=user.name, groups=groups))
        try:
            with proved_by_sign_in():
                self.store.apply(enabling.changes, who=enabling.who, origin=Origin.PAGE)
        except MmbatchDashError as error:
            record("change", "refused", who=enabling.who, detail="switch on Cognito login")
            return refuse(422, str(error))
        record("change", who=enabling.who, detail=f"switched on Cognito login, proved by {user.name}")
        return None
