"""Signing in with a Cognito account on our own page: password, new password, codes, choice of factor, forgotten one."""

import json
from dataclasses import replace

import flask

from mmbatch_dash.adapters.cognito import Challenge, CognitoRefused, PoolTokens, Reason
from mmbatch_dash.auth import forgotten, hosted
from mmbatch_dash.auth.cognito_finish import finish
from mmbatch_dash.auth.parts import Auth
from mmbatch_dash.auth.pending import Enabling, Pending
from mmbatch_dash.auth.redirects import safe_return
from mmbatch_dash.auth.refusals import refuse
from mmbatch_dash.auth.sessions import Session

PENDING = "pending"
CODE_FIELDS = {
    "SOFTWARE_TOKEN_MFA": ("SOFTWARE_TOKEN_MFA_CODE", "The code of your authenticator app"),
    "SMS_MFA": ("SMS_MFA_CODE", "The code sent to your phone"),
    "EMAIL_OTP": ("EMAIL_OTP_CODE", "The code sent to your e-mail address"),
    "SMS_OTP": ("SMS_OTP_CODE", "The code sent to your phone"),
}
FACTORS = {
    "SOFTWARE_TOKEN_MFA": "Authenticator app",
    "SMS_MFA": "Text message",
    "EMAIL_OTP": "E-mail",
}
ELSEWHERE = "This account needs a step that only the user pool's own page can do."
BEGIN_AGAIN = "The sign-in took too long; begin again."
_GUESSES = (Reason.CREDENTIALS, Reason.CODE)


def add_routes(blueprint: flask.Blueprint, auth: Auth) -> None:
    """Adds the steps after the password, the hosted page, and the forgotten password."""

    @blueprint.post("/login/challenge")
    def post_challenge() -> flask.Response:
        pending = auth.pending.take(str(flask.session.pop(PENDING, "")))
        if pending is None or pending.challenge is None:
            return _show(auth, BEGIN_AGAIN, "/", 401)
        if auth.throttle.wait_seconds(pending.account, flask.request.remote_addr or ""):
            auth.record("sign-in", "throttled", who="", detail=pending.account)
            return _show(auth, "Too many failed sign-ins. Try again later.", pending.target, 429)
        try:
            step = pending.pool.client().answer(pending.challenge, _responses(pending.challenge))
        except CognitoRefused as error:
            if error.reason in _GUESSES:
                auth.throttle.failed(pending.account, flask.request.remote_addr or "")
            auth.record("sign-in", error.reason.value, who="", detail=pending.account)
            if error.reason in (Reason.CODE, Reason.PASSWORD):
                return _ask(auth, pending, str(error), 401)
            return _fail(auth, pending.enabling, str(error), pending.target, 401)
        return _advance(auth, pending, step)

    forgotten.add_routes(blueprint, auth)
    hosted.add_routes(blueprint, auth)


def begin(
    auth: Auth, name: str, password: str, target: str | None, *, enabling: tuple[Pending, Enabling] | None = None
) -> flask.Response:
    """Answers a name and password: the session, the next question, or the page again.

    Args:
        auth: parts.
        name: of the account.
        password: its password.
        target: where to lead afterwards.
        enabling: a pool not in force yet, that this sign-in proves.
    """
    account = f"cognito:{name.casefold()[:128]}"
    try:
        if enabling is not None:
            pending = replace(enabling[0], account=account, enabling=enabling[1])
        else:
            pending = Pending(auth.pool(), safe_return(target), account, auth.clock())
        step = pending.pool.client().start(name, password)
    except CognitoRefused as error:
        if error.reason in _GUESSES:
            auth.throttle.failed(account, flask.request.remote_addr or "")
        auth.record("sign-in", error.reason.value, who="", detail=account)
        status = 503 if error.reason is Reason.UNREACHABLE else 401
        return _fail(auth, enabling[1] if enabling else None, str(error), target or "/", status)
    return _advance(auth, pending, step)


def sign_out_everywhere(auth: Auth, session: Session) -> None:
    """Has the pool void the user's tokens; if it cannot be asked, our own sessions end all the same."""
    if session.tokens is None:
        return
    try:
        auth.pool().client().sign_out_everywhere(session.tokens.access)
    except CognitoRefused as error:
        auth.record("sign-out", error.reason.value, detail="the pool's tokens were not voided")


def _advance(auth: Auth, pending: Pending, step: PoolTokens | Challenge) -> flask.Response:
    if isinstance(step, PoolTokens):
        return finish(auth, pending, step)
    pending = replace(pending, challenge=step)
    if step.name not in (*CODE_FIELDS, "NEW_PASSWORD_REQUIRED", "SELECT_MFA_TYPE"):
        auth.record("sign-in", "left to the hosted page", who="", detail=f"{pending.account} {step.name}")
        return _fail(auth, pending.enabling, ELSEWHERE, pending.target, 401)
    return _ask(auth, pending)


def _ask(auth: Auth, pending: Pending, problem: str = "", status: int = 200) -> flask.Response:
    challenge = pending.challenge
    assert challenge is not None  # noqa: S101 - only reached with one; for the type checker
    flask.session[PENDING] = auth.pending.keep(pending)
    offered = _listed(challenge.parameters.get("MFAS_CAN_CHOOSE"))
    page = flask.render_template(
        "challenge.html",
        challenge=challenge.name,
        code=CODE_FIELDS.get(challenge.name),
        sent_to=challenge.parameters.get("CODE_DELIVERY_DESTINATION", ""),
        factors=[(name, label) for name, label in FACTORS.items() if not offered or name in offered],
        attributes=_required(challenge),
        problem=problem,
    )
    return flask.make_response(page, status)


def _responses(challenge: Challenge) -> dict[str, str]:
    form = flask.request.form
    if challenge.name in CODE_FIELDS:
        return {CODE_FIELDS[challenge.name][0]: form.get("code", "").strip()}
    if challenge.name == "SELECT_MFA_TYPE":
        chosen = form.get("factor", "")
        return {"ANSWER": chosen if chosen in FACTORS else next(iter(FACTORS))}
    given = {f"userAttributes.{name}": form.get(f"attribute-{name}", "") for name in _required(challenge)}
    return {"NEW_PASSWORD": form.get("password", ""), **given}


def _required(challenge: Challenge) -> list[str]:
    """Attributes the pool wants with a new password, as `userAttributes.name` in a JSON list."""
    return [name.removeprefix("userAttributes.") for name in _listed(challenge.parameters.get("requiredAttributes"))]


def _listed(text: str | None) -> list[str]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [str(item) for item in found] if isinstance(found, list) else []


def _fail(auth: Auth, enabling: Enabling | None, problem: str, target: str, status: int) -> flask.Response:
    """The sign-in page again; an admin who is proving a pool stays signed in and is told that it stays off."""
    if enabling is not None:
        return refuse(422, f"{problem} The user pool was not switched on.")
    return _show(auth, problem, target, status)


def _show(auth: Auth, problem: str, target: str, status: int) -> flask.Response:
    cognito = auth.config().security.cognito
    page = flask.render_template(
        "login.html",
        backend="cognito",
        target=safe_return(target),
        problem=problem,
        has_cognito=cognito.enabled,
        has_hosted=cognito.enabled and bool(cognito.domain),
        has_local=auth.users.exist(),
    )
    return flask.make_response(page, status)
