"""The sign-in page: local accounts here, Cognito accounts through `cognito`. Plain forms, no scripts."""

import math
from contextlib import suppress
from dataclasses import dataclass

import flask

from mmbatch_dash.auth.access.access_mode import AccessMode, AccessModes
from mmbatch_dash.auth.access.refusals import NOT_SET_UP, refuse
from mmbatch_dash.auth.calling import Recorder, caller, remote_address
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.cognito.signin import CognitoSignIn
from mmbatch_dash.auth.sessions.browser import BrowserSession
from mmbatch_dash.auth.sessions.passwords import check_password, rehash_if_weak
from mmbatch_dash.auth.sessions.redirects import safe_return
from mmbatch_dash.auth.sessions.sessions import Sessions
from mmbatch_dash.auth.sessions.throttle import Throttle
from mmbatch_dash.domain.errors import StoreUnavailable
from mmbatch_dash.domain.identity import CallerKind
from mmbatch_dash.store.auth.users import Users

WRONG = "Name or password is wrong."
LOCAL, COGNITO = "local", "cognito"


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The page itself."""

    pools: Pools
    users: Users

    def choose_backend(self, wished: str | None) -> str:
        """Where a name is looked up: the user pool if one is configured, unless local accounts are asked for."""
        return COGNITO if self.pools.settings.enabled and wished != LOCAL else LOCAL

    def show(
        self, *, target: str | None, backend: str | None = None, problem: str = "", status: int = 200
    ) -> flask.Response:
        """The page, with what went wrong."""
        cognito = self.pools.settings
        page = flask.render_template(
            "login.html",
            backend=self.choose_backend(backend),
            target=safe_return(target),
            problem=problem,
            has_cognito=cognito.enabled,
            has_hosted=cognito.enabled and bool(cognito.domain),
            has_local=self.users.exist(),
        )
        return flask.make_response(page, status)

    def show_wait(self, backend: str, target: str | None, wait_seconds: int) -> flask.Response:
        """The page, telling how long to wait."""
        problem = f"Too many failed sign-ins. Try again in {math.ceil(wait_seconds / 60)} min."
        response = self.show(backend=backend, target=target, problem=problem, status=429)
        response.headers["Retry-After"] = str(wait_seconds)
        return response


@dataclass(frozen=True, slots=True)
class LocalSignIn:
    """Signing in with a local account."""

    page: SignInPage
    users: Users
    throttle: Throttle
    sessions: Sessions
    browser: BrowserSession
    recorder: Recorder

    def begin(self, name: str, password: str, target: str | None) -> flask.Response:
        """Answers a name and password: the session, or the page again."""
        user = self.users.find(name)
        account = account_of(LOCAL, name)
        if not check_password(user, password) or user is None:
            self.throttle.failed(account, remote_address())
            self.recorder.record("sign-in", "wrong name or password", who="", detail=f"{LOCAL} {name}")
            return self.page.show(backend=LOCAL, target=target, problem=WRONG, status=401)
        self.throttle.succeeded(account, remote_address())
        if stronger := rehash_if_weak(user, password):
            with suppress(StoreUnavailable, OSError):  # a full disk keeps nobody out
                self.users.rehash(user, stronger)
        session = self.sessions.begin(user.name, CallerKind.LOCAL, user.role, stamp=user.stamp)
        return self.browser.begin(session, target)


def account_of(backend: str, name: str) -> str:
    """An account as it is throttled."""
    return f"{backend}:{name.casefold()[:128]}"


def build_blueprint(
    page: SignInPage, modes: AccessModes, local: LocalSignIn, cognito: CognitoSignIn, browser: BrowserSession
) -> flask.Blueprint:
    """The blueprint; for anyone, behind throttle and CSRF token."""
    blueprint = flask.Blueprint("signin", __name__, template_folder="templates")

    @blueprint.get("/login")
    def show_login() -> flask.Response:
        mode = modes.now()
        if mode is AccessMode.SETUP:
            return refuse(401, NOT_SET_UP)
        if mode is not AccessMode.LOGIN:
            return flask.redirect("/", code=303)  # type: ignore[return-value]
        if caller().signed_in:
            return flask.redirect(safe_return(flask.request.args.get("next")), code=303)  # type: ignore[return-value]
        return page.show(backend=flask.request.args.get("with"), target=flask.request.args.get("next"))

    @blueprint.post("/login")
    def post_login() -> flask.Response:
        form = flask.request.form
        backend = page.choose_backend(form.get("with"))
        name, target = form.get("name", "").strip(), form.get("next")
        if wait := local.throttle.wait_seconds(account_of(backend, name), remote_address()):
            local.recorder.record("sign-in", "throttled", who="", detail=f"{backend} {name}")
            return page.show_wait(backend, target, wait)
        if backend == COGNITO:
            return cognito.begin(name, form.get("password", ""), target)
        return local.begin(name, form.get("password", ""), target)

    @blueprint.post("/logout")
    def post_logout() -> flask.Response:
        if caller().signed_in:
            local.recorder.record("sign-out")
        browser.end()
        response = flask.redirect("/login", code=303)
        response.delete_cookie("_csrf_token", path="/")
        return response  # type: ignore[return-value]

    return blueprint
