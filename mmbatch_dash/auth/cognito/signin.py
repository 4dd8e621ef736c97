"""Signing in with a Cognito account on our own page: password, new password, codes, choice of factor, forgotten one."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import flask

from mmbatch_dash.adapters.cognito import Challenge, CognitoRefused, PoolTokens, Reason
from mmbatch_dash.auth.access.refusals import refuse
from mmbatch_dash.auth.calling import Recorder, remote_address
from mmbatch_dash.auth.cognito.finish import Finish
from mmbatch_dash.auth.cognito.pending import Enabling, Pending, PendingBook
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.sessions.redirects import safe_return
from mmbatch_dash.auth.sessions.sessions import Session
from mmbatch_dash.auth.sessions.throttle import Throttle

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
Show = Callable[..., flask.Response]
"""The sign-in page with a problem, a target and a status."""


@dataclass(frozen=True, slots=True)
class CognitoSignIn:
    """The steps of signing in on our own page."""

    pools: Pools
    pending: PendingBook
    throttle: Throttle
    recorder: Recorder
    finish: Finish
    show: Show
    clock: Callable[[], datetime]

    def begin(
        self, name: str, password: str, target: str | None, *, enabling: tuple[Pending, Enabling] | None = None
    ) -> flask.Response:
        """Answers a name and password: the session, the next question, or the page again.

        Args:
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
                pending = Pending(self.pools.current(), safe_return(target), account, self.clock())
            step = pending.pool.client().start(name, password)
        except CognitoRefused as error:
            self._count(error, account)
            status = 503 if error.reason is Reason.UNREACHABLE else 401
            return self._fail(enabling[1] if enabling else None, str(error), target or "/", status)
        return self._advance(pending, step)

    def answer_challenge(self) -> flask.Response:
        """Answers what the form of the request under way says to the pool's last question."""
        pending = self.pending.take(str(flask.session.pop(PENDING, "")))
        if pending is None or pending.challenge is None:
            return self.show(problem=BEGIN_AGAIN, target="/", status=401)
        if self.throttle.wait_seconds(pending.account, remote_address()):
            self.recorder.record("sign-in", "throttled", who="", detail=pending.account)
            problem = "Too many failed sign-ins. Try again later."
            return self.show(problem=problem, target=pending.target, status=429)
        try:
            step = pending.pool.client().answer(pending.challenge, _responses(pending.challenge))
        except CognitoRefused as error:
            self._count(error, pending.account)
            if error.reason in (Reason.CODE, Reason.PASSWORD):
                return self._ask(pending, str(error), 401)
            return self._fail(pending.enabling, str(error), pending.target, 401)
        return self._advance(pending, step)

    def sign_out_everywhere(self, session: Session) -> None:
        """Has the pool void the user's tokens; if it cannot be asked, our own sessions end all the same."""
        if session.tokens is None:
            return
        try:
            self.pools.current().client().sign_out_everywhere(session.tokens.access)
        except CognitoRefused as error:
            self.recorder.record("sign-out", error.reason.value, detail="the pool's tokens were not voided")

    def _count(self, error: CognitoRefused, account: str) -> None:
        if error.reason in _GUESSES:
            self.throttle.failed(account, remote_address())
        self.recorder.record("sign-in", error.reason.value, who="", detail=account)

    def _advance(self, pending: Pending, step: PoolTokens | Challenge) -> flask.Response:
        if isinstance(step, PoolTokens):
            return self.finish(pending, step)
        pending = replace(pending, challenge=step)
        if step.name not in (*CODE_FIELDS, "NEW_PASSWORD_REQUIRED", "SELECT_MFA_TYPE"):
            detail = f"{pending.account} {step.name}"
            self.recorder.record("sign-in", "left to the hosted page", who="", detail=detail)
            return self._fail(pending.enabling, ELSEWHERE, pending.target, 401)
        return self._ask(pending)

    def _ask(self, pending: Pending, problem: str = "", status: int = 200) -> flask.Response:
        challenge = pending.challenge
        assert challenge is not None  # noqa: S101 - only reached with one; for the type checker
        flask.session[PENDING] = self.pending.keep(pending)
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

    def _fail(self, enabling: Enabling | None, problem: str, target: str, status: int) -> flask.Response:
        """The sign-in page again; an admin who is proving a pool stays signed in and is told that it stays off."""
        if enabling is not None:
            return refuse(422, f"{problem} The user pool was not switched on.")
        return self.show(problem=problem, target=target, status=status)


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
