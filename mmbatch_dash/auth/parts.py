"""Everything login is made of, put together once for an app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import flask
from flask.globals import app_ctx

from mmbatch_dash.adapters.user_pool import KeyRing, UserPool, describe_pool
from mmbatch_dash.auth.doors import Doors
from mmbatch_dash.auth.pending import PendingBook
from mmbatch_dash.auth.sessions import Sessions
from mmbatch_dash.auth.throttle import Throttle
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.identity import NOBODY, Identity
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.config_store import ConfigStore

EXTENSION = "mmbatch_dash.auth"


@dataclass(slots=True)
class Auth:
    """What the gate and the sign-in pages share.

    Attributes:
        settings: of the process.
        store: the configuration in force, and the way to change it.
        clock: what time it is.
        callback_map: Dash's callbacks by name, once there are any.
        pending: sign-ins under way.
        key_rings: keys of user pools by their address.
        csp_hashes: gives the hashes of the inline scripts Dash needs.
        setup_code: opens the set-up page, as long as there is no login; empty opens nothing.
    """

    settings: Settings
    store: ConfigStore
    clock: Callable[[], datetime]
    users: Users
    tokens: Tokens
    audit: AuditLog
    sessions: Sessions
    throttle: Throttle
    doors: Doors
    pending: PendingBook
    key_rings: dict[str, KeyRing] = field(default_factory=dict)
    callback_map: Mapping[str, Any] = field(default_factory=dict)
    csp_hashes: Callable[[], list[str]] = list
    setup_code: str = field(default="", repr=False)

    def config(self) -> Config:
        """The configuration in force."""
        return self.store.current()

    def pool(self) -> UserPool:
        """The user pool in force."""
        return describe_pool(self.config().security.cognito)

    def keys_of(self, pool: UserPool) -> KeyRing:
        """The pool's keys, fetched once for all."""
        return self.key_rings.setdefault(pool.keys_url, KeyRing(pool.keys_url))

    def record(self, action: str, outcome: str = "ok", *, who: str | None = None, detail: str = "") -> None:
        """Writes what the request under way did, or was refused, to the audit log."""
        self.audit.add(
            AuditEntry(
                action=action,
                who=caller().who if who is None else who,
                address=flask.request.remote_addr or "",
                outcome=outcome,
                request_id=str(flask.g.get("request_id", "")),
                detail=detail,
            )
        )


def build_parts(settings: Settings, store: ConfigStore, clock: Callable[[], datetime]) -> Auth:
    """The parts over a data directory."""
    users = Users(settings.secrets_dir, clock)
    return Auth(
        settings=settings,
        store=store,
        clock=clock,
        users=users,
        tokens=Tokens(settings.secrets_dir, clock),
        audit=AuditLog(settings.data_dir, clock),
        sessions=Sessions(clock),
        throttle=Throttle(clock),
        doors=Doors(settings, users, store.current),
        pending=PendingBook(clock),
    )


def caller() -> Identity:
    """Who makes the request under way."""
    identity = app_ctx.g.get("identity", NOBODY)
    return identity if isinstance(identity, Identity) else NOBODY
