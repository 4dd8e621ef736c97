"""A forgotten password of a Cognito account: a code is sent, and a new password set with it."""

import flask

from mmbatch_dash.adapters.cognito import CognitoRefused, Reason
from mmbatch_dash.auth.parts import Auth

SENT = "If there is such an account, a code is on its way."
_GUESSES = (Reason.CREDENTIALS, Reason.CODE)


def add_routes(blueprint: flask.Blueprint, auth: Auth) -> None:
    """Adds both steps."""

    @blueprint.get("/login/forgotten")
    def show_forgotten() -> str:
        return flask.render_template("forgotten.html", name="", sent=False, problem="")

    @blueprint.post("/login/forgotten")
    def post_forgotten() -> flask.Response:
        name = flask.request.form.get("name", "").strip()
        problem = _send_code(auth, name)
        page = flask.render_template("forgotten.html", name=name, sent=not problem, problem=problem or SENT)
        return flask.make_response(page, 503 if problem else 200)

    @blueprint.post("/login/forgotten/confirm")
    def confirm_forgotten() -> flask.Response:
        form = flask.request.form
        name, password = form.get("name", "").strip(), form.get("password", "")
        if password != form.get("again"):
            problem = "The two passwords differ."
        else:
            problem = _set_password(auth, name, form.get("code", "").strip(), password)
        if problem:
            page = flask.render_template("forgotten.html", name=name, sent=True, problem=problem)
            return flask.make_response(page, 401)
        return flask.redirect("/login", code=303)  # type: ignore[return-value]


def _send_code(auth: Auth, name: str) -> str:
    """Has a code sent; why none can be sent now, or nothing. Whether there is such an account is not told."""
    account = f"forgotten:{name.casefold()[:128]}"
    if not auth.config().security.cognito.enabled or _wait(auth, account):
        return "No code can be sent now; try again later."
    # Each code sent counts: nobody's phone is to be filled from here.
    auth.throttle.failed(account, flask.request.remote_addr or "")
    auth.record("sign-in", "code asked for", who="", detail=account)
    try:
        auth.pool().client().forgot(name)
    except CognitoRefused as error:
        return str(error) if error.reason in (Reason.UNREACHABLE, Reason.TOO_MANY) else ""
    return ""


def _set_password(auth: Auth, name: str, code: str, password: str) -> str:
    """Sets the password; why it could not be set, or nothing."""
    account = f"reset:{name.casefold()[:128]}"
    if not auth.config().security.cognito.enabled or _wait(auth, account):
        return "No password can be set now; try again later."
    try:
        auth.pool().client().confirm_forgot(name, code, password)
    except CognitoRefused as error:
        auth.throttle.failed(account, flask.request.remote_addr or "")
        auth.record("sign-in", error.reason.value, who="", detail=account)
        return "The code is wrong or has expired." if error.reason in _GUESSES else str(error)
    auth.record("sign-in", "new password set", who="", detail=account)
    return ""


def _wait(auth: Auth, account: str) -> int:
    return auth.throttle.wait_seconds(account, flask.request.remote_addr or "")
