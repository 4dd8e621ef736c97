"""What every answer tells the browser not to do, and what of a request goes into the audit log once it is answered."""

from typing import TYPE_CHECKING, Any

import flask
from flask.globals import request_ctx

from mmbatch_dash.auth.access.dash_app import DashApp
from mmbatch_dash.auth.access.origins import SAFE_METHODS, hand_out_csrf
from mmbatch_dash.auth.access.routes import (
    DASH_UPDATE,
    audience_of_callback,
    find_declared,
    is_download,
    is_export,
)
from mmbatch_dash.auth.calling import Recorder, caller
from mmbatch_dash.domain.identity import Audience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HSTS = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
NO_STORE = ("Cache-Control", "no-store")
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


class Hardening:
    """The application with those headers on each of its answers; what an answer says of itself stays."""

    def __init__(self, application: "WSGIApplication", dash: DashApp) -> None:
        self._application = application
        self._dash = dash
        self._wanted: dict[tuple[bool, bool], list[tuple[str, str]]] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """The application's answer."""

        def start(status: str, headers: list[tuple[str, str]], *trouble: Any) -> "Callable[[bytes], object]":
            said = {name.lower() for name, _ in headers}
            more = [header for header in self._headers(environ) if header[0].lower() not in said]
            return start_response(status, headers + more, *trouble)

        return self._application(environ, start)

    def _headers(self, environ: "WSGIEnvironment") -> list[tuple[str, str]]:
        """What answers say, made at the first request of its kind: Dash knows its inline scripts only then."""
        by_tls = environ["wsgi.url_scheme"] == "https"
        may_keep = f"/{environ.get('PATH_INFO', '').lstrip('/')}".startswith(_CACHED)
        if (wanted := self._wanted.get((by_tls, may_keep))) is None:
            policy = ("Content-Security-Policy", content_security_policy(self._dash.csp_hashes()))
            wanted = [*_FIXED.items(), policy, *([HSTS] if by_tls else []), *([] if may_keep else [NO_STORE])]
            self._wanted[by_tls, may_keep] = wanted
        return wanted


def give_csrf(response: flask.Response) -> None:
    """Puts the CSRF token on a page of somebody who signed in."""
    if response.mimetype != "text/html" or response.status_code != 200:
        return
    if flask.request.method == "GET" and caller().signed_in:
        hand_out_csrf(response)


def record_done(recorder: Recorder, dash: DashApp, response: flask.Response) -> None:
    """Writes exports and everything only admins may do to the audit log, with how it ended."""
    request = request_ctx.request
    rule = request.url_rule
    identity = caller()
    if rule is None or not identity.is_known or response.status_code in (401, 403) or flask.g.get("recorded"):
        return
    outcome = "ok" if response.status_code < 400 else f"answered {response.status_code}"
    view = flask.current_app.view_functions.get(rule.endpoint)
    callback = flask.g.get("callback") or ""
    if is_export(rule.rule, view) or is_download(callback):
        what = _button_of(request) if callback else request.full_path.rstrip("?")
        recorder.record("export", outcome, detail=f"{request.method} {what}")
        return
    if request.method in SAFE_METHODS:
        return
    if request.path == DASH_UPDATE:
        audience: Audience | None = audience_of_callback(dash.callback_map, callback)
    else:
        audience = find_declared(request.method, rule.rule, view)
    if audience is Audience.ADMIN:
        recorder.record("change", outcome, detail=f"{request.method} {request.path} {callback[:120]}".strip())


def _button_of(request: flask.Request) -> str:
    """The button of a page that asked for a file."""
    body = request.get_json(silent=True)
    changed = body.get("changedPropIds") if isinstance(body, dict) else None
    return f"{request.path} {', '.join(map(str, changed))[:120]}" if isinstance(changed, list) else request.path
