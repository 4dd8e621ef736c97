"""Puts gate, sessions and sign-in pages on a Flask server."""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from mmbatch_dash.auth import account, admin, setup, signin
from mmbatch_dash.auth.allowances import Allowances
from mmbatch_dash.auth.callers import SESSION_COOKIE, SessionUser
from mmbatch_dash.auth.doors import Door
from mmbatch_dash.auth.gate import admit
from mmbatch_dash.auth.headers import Hardening, give_csrf, record_done
from mmbatch_dash.auth.parts import EXTENSION, Auth, build_parts, caller
from mmbatch_dash.auth.validity import still_valid
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.secret_file import read_or_make_key
from mmbatch_dash.store.config_store import ConfigStore

LOG = logging.getLogger(__name__)
ALLOWANCES = "mmbatch_dash.allowances"
"""What the front in front of the server asks, by its name among Flask's extensions."""


class _Cookies(SecureCookieSessionInterface):
    """Session cookies that stay on TLS where the request came by TLS; nothing is made ready for who brings none."""

    def open_session(self, app: flask.Flask, request: flask.Request) -> SecureCookieSession | None:
        if SESSION_COOKIE not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: flask.Flask, session: SessionMixin, response: flask.Response) -> None:
        if session.accessed or session.modified or session:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: flask.Flask) -> bool:  # noqa: ARG002 - Flask's signature
        return flask.request.is_secure


def install_auth(server: flask.Flask, *, settings: Settings, store: ConfigStore, clock: Callable[[], datetime]) -> Auth:
    """The parts of login, wired to the server. Must come before anything else answers requests.

    Args:
        server: gets the gate, the session cookie and the sign-in pages.
        settings: data directory, and how the server may stand open.
        store: the configuration in force.
        clock: what time it is.
    """
    auth = build_parts(settings, store, clock)
    server.extensions[EXTENSION] = auth
    server.secret_key = read_or_make_key(settings.secrets_dir / "session.key")
    server.config.update(
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
    )
    server.session_interface = _Cookies()
    # Inside of the proxies' word, so that it knows who came by TLS.
    server.wsgi_app = Hardening(server.wsgi_app, auth)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    server.jinja_env.globals.update(csrf_token=generate_csrf, me=caller)
    manager = LoginManager()
    manager.session_protection = None
    # Not init_app: it would look at the session after every request for a cookie that remembers, and nobody gets one.
    server.login_manager = manager  # type: ignore[attr-defined]

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(key: str) -> SessionUser | None:
        session = auth.sessions.find(key)
        return SessionUser(session) if session and still_valid(auth, session) else None

    @server.before_request
    def gate() -> flask.Response | None:
        return admit(auth)

    @server.after_request
    def finish(response: flask.Response) -> flask.Response:
        record_done(auth, response)
        give_csrf(response)
        return response

    server.extensions[ALLOWANCES] = Allowances(server, auth)
    for pages in (signin, account, admin, setup):
        server.register_blueprint(pages.build_blueprint(auth))
    return auth


def know_pages(auth: Auth, dash: Any) -> None:
    """Tells the gate the callbacks and inline scripts of the Dash app, now that all are registered."""
    auth.callback_map = dash.callback_map
    hashes: list[str] = []

    def csp_hashes() -> list[str]:
        # Asked for at the first request: callbacks may still be added before it.
        if not hashes:
            hashes.extend(dash.csp_hashes())
        return hashes

    auth.csp_hashes = csp_hashes


def setup_path(server: flask.Flask) -> str | None:
    """The path of a one-time link that makes the first admin; None where none is waited for."""
    auth: Auth = server.extensions[EXTENSION]
    if auth.doors.state() is not Door.SETUP:
        return None
    auth.setup_code = secrets.token_urlsafe(24)
    return f"/setup?code={auth.setup_code}"
