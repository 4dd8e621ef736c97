"""Who makes the request under way, and writing down what they did."""

import flask
from flask.globals import app_ctx

from mmbatch_dash.domain.identity import NOBODY, Identity
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog


def caller() -> Identity:
    """Who makes the request under way."""
    identity = app_ctx.g.get("identity", NOBODY)
    return identity if isinstance(identity, Identity) else NOBODY


def note_caller(identity: Identity) -> None:
    """Says from here on who makes the request under way."""
    g = app_ctx.g
    g.identity = identity
    g.who = identity.who


def remote_address() -> str:
    """Where the request under way comes from."""
    return flask.request.remote_addr or ""


class Recorder:
    """Writes to the audit log what requests did or were refused."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def record(self, action: str, outcome: str = "ok", *, who: str | None = None, detail: str = "") -> None:
        """Writes what the request under way did, or was refused."""
        self._audit.add(
            AuditEntry(
                action=action,
                who=caller().who if who is None else who,
                address=remote_address(),
                outcome=outcome,
                request_id=str(flask.g.get("request_id", "")),
                detail=detail,
            )
        )
