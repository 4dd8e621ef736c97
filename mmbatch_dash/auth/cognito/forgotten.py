"""A forgotten password of a Cognito account: a code is sent, and a new password set with it."""

from dataclasses import dataclass

import flask

from mmbatch_dash.adapters.cognito import CognitoRefused, Reason
from mmbatch_dash.auth.calling import Recorder, remote_address
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.sessions.throttle import Throttle

SENT = "If there is such an account, a code is on its way."
_GUESSES = (Reason.CREDENTIALS, Reason.CODE)


@dataclass(frozen=True, slots=True)
class ForgottenPassword:
    """Both steps."""

    pools: Pools
    throttle: Throttle
    recorder: Recorder

    def show(self) -> str:
        """The page that asks for the account."""
        return flask.render_template("forgotten.html", name="", sent=False, problem="")

    def send_code(self) -> flask.Response:
        """Has a code sent to the account that the form names."""
        name = flask.request.form.get("name", "").strip()
        problem = self._send_code(name)
        page = flask.render_template("forgotten.html", name=name, sent=not problem, problem=problem or SENT)
        return flask.make_response(page, 503 if problem else 200)

    def set_password(self) -> flask.Response:
        """Sets the password that the form gives, with its code."""
        form = flask.request.form
        name, password = form.get("name", "").strip(), form.get("password", "")
        if password != form.get("again"):
            problem = "The two passwords differ."
        else:
            problem = self._set_password(name, form.get("code", "").strip(), password)
        if problem:
            page = flask.render_template("forgotten.html", name=name, sent=True, problem=problem)
            return flask.make_response(page, 401)
        return flask.redirect("/login", code=303)  # type: ignore[return-value]

    def _send_code(self, name: str) -> str:
        """Has a code sent; why none can be sent now, or nothing. Whether there is such an account is not told."""
        account = f"forgotten:{name.casefold()[:128]}"
        if not self.pools.settings.enabled or self.throttle.wait_seconds(account, remote_address()):
            return "No code can be sent now; try again later."
        # Each code sent counts: nobody's phone is to be filled from here.
        self.throttle.failed(account, remote_address())
        self.recorder.record("sign-in", "code asked for", who="", detail=account)
        try:
            self.pools.current().client().forgot(name)
        except CognitoRefused as error:
            return str(error) if error.reason in (Reason.UNREACHABLE, Reason.TOO_MANY) else ""
        return ""

    def _set_password(self, name: str, code: str, password: str) -> str:
        """Sets the password; why it could not be set, or nothing."""
        account = f"reset:{name.casefold()[:128]}"
        if not self.pools.settings.enabled or self.throttle.wait_seconds(account, remote_address()):
            return "No password can be set now; try again later."
        try:
            self.pools.current().client().confirm_forgot(name, code, password)
        except CognitoRefused as error:
            self.throttle.failed(account, remote_address())
            self.recorder.record("sign-in", error.reason.value, who="", detail=account)
            return "The code is wrong or has expired." if error.reason in _GUESSES else str(error)
        self.recorder.record("sign-in", "new password set", who="", detail=account)
        return ""
