"""The account page: who one is, and the ways out."""

import flask

from mmbatch_dash.auth.calling import Recorder, caller
from mmbatch_dash.auth.cognito.signin import CognitoSignIn
from mmbatch_dash.auth.sessions.browser import BrowserSession
from mmbatch_dash.auth.sessions.sessions import Sessions
from mmbatch_dash.domain.identity import CallerKind


def build_blueprint(
    sessions: Sessions, browser: BrowserSession, cognito: CognitoSignIn, recorder: Recorder
) -> flask.Blueprint:
    """The blueprint; for everybody who is known."""
    blueprint = flask.Blueprint("account", __name__, template_folder="templates")

    @blueprint.get("/account")
    def show_account() -> str:
        return flask.render_template("account.html")

    @blueprint.post("/account/everywhere")
    def sign_out_everywhere() -> flask.Response:
        identity = caller()
        session = sessions.find(identity.session)
        if identity.kind is CallerKind.COGNITO and session is not None:
            cognito.sign_out_everywhere(session)
        ended = sessions.end_all_of(identity.name, identity.kind) if identity.signed_in else 0
        recorder.record("sign-out", detail=f"everywhere, {ended} sessions")
        browser.end()
        return flask.redirect("/login", code=303)  # type: ignore[return-value]

    return blueprint
