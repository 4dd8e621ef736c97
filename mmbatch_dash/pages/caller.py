"""Who uses the page, and whether they may change what it shows."""

from flask import g, has_request_context, request

from mmbatch_dash.domain.identity import Identity


def who() -> str:
    """The caller as the history names them."""
    name = g.get("who") if has_request_context() else None
    return str(name) if name else f"unknown, from {request.remote_addr}"


def may_change() -> bool:
    """Whether the caller may save; the gate decides again when they do."""
    identity = g.get("identity")
    return not isinstance(identity, Identity) or identity.is_admin
