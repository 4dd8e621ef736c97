"""What every answer tells the browser not to do, and what of a request goes into the audit log once it is answered."""

import flask

from mmbatch_dash.auth.origins import SAFE_METHODS, hand_out_csrf
from mmbatch_dash.auth.parts import Auth, caller
from mmbatch_dash.auth.routes import DASH_UPDATE, EXPORTS, audience_of_callback, find_declared
from mmbatch_dash.domain.identity import Audience

HSTS = "max-age=31536000; includeSubDomains"
_CACHED = ("/assets/", "/_dash-component-suites/")
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def content_security_policy(script_hashes: list[str]) -> str:
    """The policy: nothing from elsewhere, no inline script but those Dash needs, in nobody's frame.

    Plotly and the grid set styles as they draw, so inline styles are allowed.
    """
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *script_hashes)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def harden(auth: Auth, response: flask.Response) -> flask.Response:
    """The answer with its headers, and with the CSRF token if it is a page of somebody who signed in."""
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", content_security_policy(auth.csp_hashes()))
    if flask.request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    if not flask.request.path.startswith(_CACHED):
        response.headers.setdefault("Cache-Control", "no-store")
    is_page = flask.request.method == "GET" and response.mimetype == "text/html" and response.status_code == 200
    if is_page and caller().signed_in:
        hand_out_csrf(response)
    return response


def record_done(auth: Auth, response: flask.Response) -> None:
    """Writes exports and everything only admins may do to the audit log, with how it ended."""
    rule = flask.request.url_rule
    identity = caller()
    if rule is None or not identity.is_known or response.status_code in (401, 403) or flask.g.get("recorded"):
        return
    outcome = "ok" if response.status_code < 400 else f"answered {response.status_code}"
    if rule.rule in EXPORTS:
        auth.record("export", outcome, detail=f"{flask.request.method} {flask.request.full_path.rstrip('?')}")
        return
    if flask.request.method in SAFE_METHODS:
        return
    callback = flask.g.get("callback") or ""
    if flask.request.path == DASH_UPDATE:
        audience: Audience | None = audience_of_callback(auth.callback_map, callback)
    else:
        audience = find_declared(flask.request.method, rule.rule)
    if audience is Audience.ADMIN:
        auth.record("change", outcome, detail=f"{flask.request.method} {flask.request.path} {callback[:120]}".strip())
