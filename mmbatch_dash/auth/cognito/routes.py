"""The addresses of signing in through a pool."""

import flask

from mmbatch_dash.auth.cognito.forgotten import ForgottenPassword
from mmbatch_dash.auth.cognito.hosted import CALLBACK, HostedSignIn
from mmbatch_dash.auth.cognito.signin import CognitoSignIn


def build_blueprint(signin: CognitoSignIn, hosted: HostedSignIn, forgotten: ForgottenPassword) -> flask.Blueprint:
    """The blueprint; for anyone, behind throttle and CSRF token."""
    blueprint = flask.Blueprint("pool_sign_in", __name__)
    blueprint.add_url_rule("/login/challenge", "challenge", signin.answer_challenge, methods=["POST"])
    blueprint.add_url_rule("/login/hosted", "hosted", hosted.leave)
    blueprint.add_url_rule(CALLBACK, "callback", hosted.come_back)
    blueprint.add_url_rule("/login/forgotten", "forgotten", forgotten.show)
    blueprint.add_url_rule("/login/forgotten", "send_code", forgotten.send_code, methods=["POST"])
    blueprint.add_url_rule("/login/forgotten/confirm", "set_password", forgotten.set_password, methods=["POST"])
    return blueprint
