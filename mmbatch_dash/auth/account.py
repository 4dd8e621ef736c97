"""The account page: who one is, and the ways out."""

import flask

from mmbatch_dash.auth import cognito_signin
from mmbatch_dash.auth.entering import leave
from mmbatch_dash.auth.parts import Auth, caller
from mmbatch_dash.domain.identity import CallerKind


def build_blueprint(auth: Auth) -> flask.Blueprint:
    """The blueprint; for everybody who is known."""
    blueprint = flask.Blueprint("account", __name__, template_folder="templates")

    @blueprint.get("/account")
    def show_account() -> str:
        return flask.render_template("account.html", door=flask.g.door)

    @blueprint.post("/account/everywhere")
    def sign_out_everywhere() -> flask.Response:
        identity = caller()
        session = auth.sessions.find(identity.session)
        if identity.kind is CallerKind.COGNITO and session is not None:
            cognito_signin.sign_out_everywhere(auth, session)
        ended = auth.sessions.end_all_of(identity.name, identity.kind) if identity.signed_in else 0
        auth.record("sign-out", detail=f"everywhere, {ended} sessions")
        leave(auth)
        return flask.redirect("/login", code=303)  # type: ignore[return-value]

    return blueprint
