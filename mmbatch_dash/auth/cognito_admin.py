"""The page that switches a user pool on, after the admin signed in through it, and off again."""

from typing import Any

import flask

from mmbatch_dash.adapters.cognito import CognitoRefused
from mmbatch_dash.adapters.user_pool import describe_pool
from mmbatch_dash.auth import cognito_signin
from mmbatch_dash.auth.parts import Auth, caller
from mmbatch_dash.auth.pending import Enabling, Pending
from mmbatch_dash.domain.config import ConfigRefused
from mmbatch_dash.domain.config.security import Cognito
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.login_trial import proved_by_sign_in
from mmbatch_dash.store.config_history import Origin

PAGE = "/admin/cognito"
SECTION = "security.cognito"
TEXTS = ("region", "userPoolID", "clientID", "identityPoolID", "domain", "publicURL", "clientSecretFile")


def add_routes(blueprint: flask.Blueprint, auth: Auth) -> None:
    """Adds the page."""

    @blueprint.get(PAGE)
    def show_cognito() -> flask.Response:
        return _page(auth, _values(auth.config().security.cognito))

    @blueprint.post(PAGE)
    def prove_cognito() -> flask.Response:
        form = flask.request.form
        values: dict[str, Any] = {name: form.get(name, "").strip() for name in TEXTS}
        values["adminGroups"] = [group.strip() for group in form.get("adminGroups", "").split(",") if group.strip()]
        values["enabled"] = True
        changes = {f"{SECTION}.{name}": value for name, value in values.items()}
        try:
            # Checks values, pool and client; what is in force stays.
            with proved_by_sign_in():
                auth.store.preview(changes)
            pool = describe_pool(Cognito.model_validate(values))
        except ConfigRefused as error:
            return _page(auth, values, " ".join(error.sentences), 422)
        except CognitoRefused as error:
            return _page(auth, values, str(error), 422)
        enabling = Enabling(changes, caller().who, tuple(values["adminGroups"]))
        pending = Pending(pool, PAGE, "", auth.clock())
        name, password = form.get("name", "").strip(), form.get("password", "")
        return cognito_signin.begin(auth, name, password, PAGE, enabling=(pending, enabling))

    @blueprint.post(f"{PAGE}/disable")
    def disable_cognito() -> flask.Response:
        flask.g.recorded = True
        try:
            auth.store.apply({f"{SECTION}.enabled": False}, who=caller().who, origin=Origin.PAGE)
        except MmbatchDashError as error:
            return _page(auth, _values(auth.config().security.cognito), str(error), 422)
        auth.record("change", detail="switched off Cognito login")
        return flask.redirect(PAGE if auth.users.exist() else "/", code=303)  # type: ignore[return-value]


def _values(cognito: Cognito) -> dict[str, Any]:
    return cognito.model_dump(by_alias=True, mode="json")


def _page(auth: Auth, values: dict[str, Any], problem: str = "", status: int = 200) -> flask.Response:
    page = flask.render_template(
        "cognito.html", values=values, enabled=auth.config().security.cognito.enabled, problem=problem
    )
    return flask.make_response(page, status)
