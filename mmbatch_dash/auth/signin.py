"""The sign-in page: local accounts here, Cognito accounts through `cognito_signin`. Plain forms, no scripts."""

import math

import flask

from mmbatch_dash.auth import cognito_signin
from mmbatch_dash.auth.doors import Door
from mmbatch_dash.auth.entering import enter, leave
from mmbatch_dash.auth.parts import Auth, caller
from mmbatch_dash.auth.passwords import check_password, rehash_if_weak
from mmbatch_dash.auth.redirects import safe_return
from mmbatch_dash.auth.refusals import NOT_SET_UP, refuse
from mmbatch_dash.domain.identity import CallerKind

WRONG = "Name or password is wrong."
LOCAL, COGNITO = "local", "cognito"


def build_blueprint(auth: Auth) -> flask.Blueprint:
    """The blueprint; for anyone, behind throttle and CSRF token."""
    blueprint = flask.Blueprint("signin", __name__, template_folder="templates")

    @blueprint.get("/login")
    def show_login() -> flask.Response:
        door = auth.doors.state()
        if door is Door.SETUP:
            return refuse(401, NOT_SET_UP)
        if door is not Door.LOGIN:
            return flask.redirect("/", code=303)  # type: ignore[return-value]
        if caller().signed_in:
            return flask.redirect(safe_return(flask.request.args.get("next")), code=303)  # type: ignore[return-value]
        return show(auth, backend=flask.request.args.get("with"), target=flask.request.args.get("next"))

    @blueprint.post("/login")
    def post_login() -> flask.Response:
        form = flask.request.form
        backend = choose_backend(auth, form.get("with"))
        name, target = form.get("name", "").strip(), form.get("next")
        account = f"{backend}:{name.casefold()[:128]}"
        if wait := auth.throttle.wait_seconds(account, _address()):
            auth.record("sign-in", "throttled", who="", detail=f"{backend} {name}")
            return show_wait(auth, backend, target, wait)
        if backend == COGNITO:
            return cognito_signin.begin(auth, name, form.get("password", ""), target)
        return _sign_in_locally(auth, name, form.get("password", ""), target)

    @blueprint.post("/logout")
    def post_logout() -> flask.Response:
        identity = caller()
        if identity.signed_in:
            auth.record("sign-out")
        leave(auth)
        response = flask.redirect("/login", code=303)
        response.delete_cookie("_csrf_token", path="/")
        return response  # type: ignore[return-value]

    cognito_signin.add_routes(blueprint, auth)
    return blueprint


def choose_backend(auth: Auth, wished: str | None) -> str:
    """Where a name is looked up: the user pool if one is configured, unless local accounts are asked for."""
    return COGNITO if auth.config().security.cognito.enabled and wished != LOCAL else LOCAL


def show(
    auth: Auth, *, backend: str | None, target: str | None, problem: str = "", status: int = 200
) -> flask.Response:
    """The sign-in page."""
    cognito = auth.config().security.cognito
    page = flask.render_template(
        "login.html",
        backend=choose_backend(auth, backend),
        target=safe_return(target),
        problem=problem,
        has_cognito=cognito.enabled,
        has_hosted=cognito.enabled and bool(cognito.domain),
        has_local=auth.users.exist(),
    )
    return flask.make_response(page, status)


def show_wait(auth: Auth, backend: str, target: str | None, wait_seconds: int) -> flask.Response:
    """The sign-in page, telling how long to wait."""
    minutes = math.ceil(wait_seconds / 60)
    problem = f"Too many failed sign-ins. Try again in {minutes} min."
    response = show(auth, backend=backend, target=target, problem=problem, status=429)
    response.headers["Retry-After"] = str(wait_seconds)
    return response


def _sign_in_locally(auth: Auth, name: str, password: str, target: str | None) -> flask.Response:
    user = auth.users.find(name)
    account = f"{LOCAL}:{name.casefold()[:128]}"
    if not check_password(user, password) or user is None:
        auth.throttle.failed(account, _address())
        auth.record("sign-in", "wrong name or password", who="", detail=f"{LOCAL} {name}")
        return show(auth, backend=LOCAL, target=target, problem=WRONG, status=401)
    auth.throttle.succeeded(account, _address())
    if stronger := rehash_if_weak(user, password):
        auth.users.rehash(user, stronger)
    session = auth.sessions.begin(user.name, CallerKind.LOCAL, user.role, stamp=user.stamp)
    return enter(auth, session, target)


def _address() -> str:
    return flask.request.remote_addr or ""
