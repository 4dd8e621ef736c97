"""Puts gate, sessions and sign-in pages on a Flask server: the one place that knows all parts of login."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
from flask_login import LoginManager
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from mmbatch_dash.auth.access.access_mode import AccessModes
from mmbatch_dash.auth.access.allowances import Allowances
from mmbatch_dash.auth.access.dash_app import DashApp
from mmbatch_dash.auth.access.gate import Gate
from mmbatch_dash.auth.access.headers import Hardening, give_csrf, record_done
from mmbatch_dash.auth.access.tellers import Tellers
from mmbatch_dash.auth.calling import Recorder, caller
from mmbatch_dash.auth.cognito import routes as cognito_routes
from mmbatch_dash.auth.cognito.confirmation import Confirmation
from mmbatch_dash.auth.cognito.finish import Finish
from mmbatch_dash.auth.cognito.forgotten import ForgottenPassword
from mmbatch_dash.auth.cognito.hosted import HostedSignIn
from mmbatch_dash.auth.cognito.pending import PendingBook
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.cognito.signin import CognitoSignIn
from mmbatch_dash.auth.pages import account, admin, people, setup, signin, user_pool
from mmbatch_dash.auth.sessions.browser import SESSION_COOKIE, BrowserSession, SessionCookies, SessionUser
from mmbatch_dash.auth.sessions.sessions import Sessions
from mmbatch_dash.auth.sessions.shared import open_sessions
from mmbatch_dash.auth.sessions.throttle import Throttle
from mmbatch_dash.auth.sessions.validity import Validity
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.teller import Teller
from mmbatch_dash.front.prefix import UnderPrefix, prefix_of
from mmbatch_dash.settings import Settings
from mmbatch_dash.store.auth.audit import AuditLog
from mmbatch_dash.store.auth.node_owners import NodeOwners
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.config.store import ConfigStore
from mmbatch_dash.store.documents.interface import Documents, Room
from mmbatch_dash.store.documents.tree import read_or_make_key

BAD_TOKENS = 30
"""Of one address in a quarter of an hour; the next ones get 429 and no line each in the audit log."""
EXTENSION = "mmbatch_dash.login"


@dataclass(frozen=True, slots=True)
class Login:
    """What was installed, for whoever starts the server. No part of login holds it.

    Attributes:
        dash: gets to know the Dash app.
        setup: the link that makes the first admin.
        allowances: what the front asks of each request's head.
        sender_in: the gate for events that do not take the whole way; None leaves a request to it.
    """

    users: Users
    tokens: Tokens
    audit: AuditLog
    recorder: Recorder
    sessions: Sessions
    pools: Pools
    throttle: Throttle
    dash: DashApp
    setup: setup.SetupLink
    allowances: Allowances
    sender_in: Callable[[Mapping[str, Any]], Teller | None]


def install_auth(
    server: flask.Flask,
    *,
    settings: Settings,
    documents: Documents,
    store: ConfigStore,
    clock: Callable[[], datetime],
) -> Login:
    """The parts of login, wired to the server. Must come before anything else answers requests.

    Args:
        server: gets the gate, the session cookie and the sign-in pages.
        settings: data directory, and how the server may stand open.
        documents: users, tokens, keys and the audit log.
        store: the configuration in force.
        clock: what time it is.
    """
    users, tokens, audit = (
        Users(documents, clock),
        Tokens(documents, clock),
        AuditLog(documents, clock, lambda: audit_room(store.current())),
    )
    modes, pools = AccessModes(settings, users, store.current), Pools(store.current)
    recorder, sessions, throttle, dash = (
        Recorder(audit, clock),
        open_sessions(documents, clock),
        Throttle(clock),
        DashApp(),
    )
    browser = BrowserSession(sessions, recorder)
    proxies = settings.trusted_proxies
    owners = NodeOwners(settings.data_dir, tokens.is_valid, lambda: store.current().node.max_nodes)
    bad_tokens = Throttle(clock, per_pair=BAD_TOKENS)
    gate = Gate(
        modes=modes,
        tokens=tokens,
        sessions=sessions,
        recorder=recorder,
        dash=dash,
        config=store.current,
        bad_tokens=bad_tokens,
        tellers=Tellers(owners),
        proxies=proxies,
    )
    validity = Validity(sessions, users, Confirmation(pools, recorder, clock).holds)
    _wire(server, documents, gate, validity)

    pending, page = PendingBook(clock), signin.SignInPage(pools, users)
    finish = Finish(pools, store, sessions, browser, throttle, recorder, clock)
    with_pool = CognitoSignIn(pools, pending, throttle, recorder, finish, page.show, clock)
    locally = signin.LocalSignIn(page, users, throttle, sessions, browser, recorder)
    link = setup.SetupLink(modes)
    for blueprint in (
        signin.build_blueprint(page, modes, locally, with_pool, browser),
        cognito_routes.build_blueprint(
            with_pool,
            HostedSignIn(pools, recorder, finish, clock),
            ForgottenPassword(pools, throttle, recorder),
        ),
        account.build_blueprint(sessions, browser, with_pool, recorder),
        admin.build_blueprint(tokens, audit, recorder, clock),
        people.build_blueprint(people.PeoplePage(users, tokens, modes, store.current, recorder, clock)),
        user_pool.build_blueprint(store, pools, users, with_pool, recorder, clock),
        setup.build_blueprint(link, users, sessions, browser, recorder),
    ):
        server.register_blueprint(blueprint)
    allowances = Allowances(
        server, modes=modes, tokens=tokens, sessions=sessions, config=store.current, proxies=proxies
    )
    login = Login(
        users=users,
        tokens=tokens,
        audit=audit,
        recorder=recorder,
        sessions=sessions,
        pools=pools,
        throttle=throttle,
        dash=dash,
        setup=link,
        allowances=allowances,
        sender_in=gate.sender_in,
    )
    server.extensions[EXTENSION] = login
    return login


def audit_room(config: Config) -> Room:
    """How much room the audit log may take, from the configuration."""
    return Room(config.audit.max_size_mb, config.audit.max_backups)


def login_of(server: flask.Flask) -> Login:
    """What was installed on a server."""
    login: Login = server.extensions[EXTENSION]
    return login


def _wire(server: flask.Flask, documents: Documents, gate: Gate, validity: Validity) -> None:
    server.secret_key = read_or_make_key(documents, "secrets/session.key")
    server.config.update(
        SESSION_COOKIE_NAME=SESSION_COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
    )
    server.session_interface = SessionCookies()
    # Inside of the proxies' word, so that it knows who came by TLS.
    server.wsgi_app = Hardening(server.wsgi_app, gate.dash)  # type: ignore[method-assign]
    placed = UnderPrefix(server.wsgi_app, lambda: prefix_of(gate.config().security.cognito.public_url))
    server.wsgi_app = placed  # type: ignore[method-assign]
    if gate.proxies:
        fixed = ProxyFix(server.wsgi_app, x_for=gate.proxies, x_proto=gate.proxies, x_prefix=gate.proxies)
        server.wsgi_app = fixed  # type: ignore[method-assign]
    server.jinja_env.globals.update(csrf_token=generate_csrf, me=caller)
    manager = LoginManager()
    manager.session_protection = None
    # Not init_app: it would look at the session after every request for a cookie that remembers, and nobody gets one.
    server.login_manager = manager  # type: ignore[attr-defined]

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(key: str) -> SessionUser | None:
        session = validity.sessions.find(key)
        return SessionUser(session) if session and validity.holds(session) else None

    @server.before_request
    def admit() -> flask.Response | None:
        return gate.admit()

    @server.after_request
    def finish(response: flask.Response) -> flask.Response:
        record_done(gate.recorder, gate.dash, response)
        give_csrf(response)
        return response
