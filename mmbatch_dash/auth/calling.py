"""Who makes the request under way, and writing down what they did."""

import threading
from collections.abc import Callable
from datetime import datetime

import flask
from flask.globals import app_ctx

from mmbatch_dash.domain.identity import NOBODY, Identity
from mmbatch_dash.store.auth.audit import AuditEntry, AuditLog
from mmbatch_dash.store.auth.repeats import WINDOW, Repeats


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
    """Writes to the audit log what requests did or were refused; refusals that repeat are counted."""

    def __init__(self, audit: AuditLog, clock: Callable[[], datetime]) -> None:
        self._audit = audit
        self._repeats = Repeats(clock)
        self._timer: threading.Timer | None = None

    def record(self, action: str, outcome: str = "ok", *, who: str | None = None, detail: str = "") -> None:
        """Writes what the request under way did, or was refused."""
        entry = AuditEntry(
            action=action,
            who=caller().who if who is None else who,
            address=remote_address(),
            outcome=outcome,
            request_id=str(flask.g.get("request_id", "")),
            detail=detail,
        )
        if outcome == "ok":
            self._audit.add(entry)
            return
        for told in self._repeats.fold(entry):
            self._audit.add(told)
        self._flush_later()

    def flush(self) -> None:
        """Writes what was counted so far."""
        for told in self._repeats.flush():
            self._audit.add(told)

    def _flush_later(self) -> None:
        # Should the flood end, its count is written all the same.
        if self._timer is None or not self._timer.is_alive():
            self._timer = threading.Timer(WINDOW.total_seconds(), self.flush)
            self._timer.daemon = True
            self._timer.start()
