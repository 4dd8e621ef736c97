"""A stand-in for a pool's hosted page: oidc-provider-mock, with access tokens that are JWTs as Cognito's are.

Run as a program: prints its port, then serves.
"""

import base64
import hashlib
import sys
import warnings
from typing import Any
from urllib.parse import parse_qs, urlsplit

warnings.simplefilter("ignore")

import flask  # noqa: E402
import oidc_provider_mock  # noqa: E402
from joserfc import jwt  # noqa: E402
from joserfc.jwk import RSAKey  # noqa: E402
from oidc_provider_mock._storage import storage  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402


def signing_key() -> RSAKey:
    """The mock's key; up to its version 0.3, which is the newest for Python 3.11, it is one of another library."""
    if isinstance(storage.jwk, RSAKey):
        return storage.jwk
    return RSAKey.import_key(storage.jwk.as_dict(is_private=True))


def build() -> flask.Flask:
    """The mock; with an access token signed by its own key put in place of its opaque one."""
    app: flask.Flask = oidc_provider_mock.app(require_nonce=True)

    challenges: dict[str, str] = {}

    @app.after_request
    def keep_challenge(response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/authorize" and "code=" in response.headers.get("Location", ""):
            code = parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]
            challenges[code] = flask.request.args.get("code_challenge", "")
        return response

    @app.before_request
    def check_verifier() -> flask.Response | None:
        """The mock itself does not check PKCE; Cognito does."""
        if flask.request.path != "/oauth2/token":
            return None
        digest = hashlib.sha256(flask.request.form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenges.pop(flask.request.form.get("code", ""), None) == challenge:
            return None
        return flask.Response('{"error": "invalid_grant"}', 400, mimetype="application/json")

    @app.after_request
    def as_cognito(response: flask.Response) -> flask.Response:
        if flask.request.path != "/oauth2/token" or response.status_code != 200:
            return response
        body: dict[str, Any] = response.get_json()
        key = signing_key()
        claims = jwt.decode(body["id_token"], key).claims
        shared = {name: claims[name] for name in ("iss", "sub", "iat", "exp")}
        groups = {"cognito:groups": claims["cognito:groups"]} if "cognito:groups" in claims else {}
        access = {
            **shared,
            **groups,
            "token_use": "access",
            "client_id": flask.request.form["client_id"],
            "username": claims["cognito:username"],
        }
        # The mock names no key in its ID token; Cognito does.
        body["id_token"] = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        body["access_token"] = jwt.encode({"alg": "RS256", "kid": key.kid}, access, key)
        response.set_data(flask.json.dumps(body))
        return response

    return app


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, build(), threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
