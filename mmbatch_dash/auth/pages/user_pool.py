"""The page that switches a user pool on, after the admin signed in through it, and off again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import flask

from mmbatch_dash.adapters.cognito import CognitoRefused
from mmbatch_dash.adapters.pool_openness import PoolAsker, warn_of
from mmbatch_dash.adapters.user_pool import describe_pool
from mmbatch_dash.auth.calling import Recorder, caller
from mmbatch_dash.auth.cognito.pending import Enabling, Pending
from mmbatch_dash.auth.cognito.pools import Pools
from mmbatch_dash.auth.cognito.signin import CognitoSignIn
from mmbatch_dash.domain.config import ConfigRefused
from mmbatch_dash.domain.config.security import Cognito
from mmbatch_dash.domain.errors import MmbatchDashError
from mmbatch_dash.services.login_trial import proved_by_sign_in
from mmbatch_dash.store.auth.users import Users
from mmbatch_dash.store.config.history import Origin
from mmbatch_dash.store.config.store import ConfigStore

PAGE = "/admin/cognito"
SECTION = "security.cognito"
TEXTS = ("region", "userPoolID", "clientID", "identityPoolID", "domain", "publicURL", "clientSecretFile")


def build_blueprint(
    store: ConfigStore,
    pools: Pools,
    users: Users,
    signin: CognitoSignIn,
    recorder: Recorder,
    clock: Callable[[], datetime],
) -> flask.Blueprint:
    """The blueprint; for admins."""
    asker = PoolAsker()
    blueprint = flask.Blueprint("user_pool", __name__, template_folder="templates")

    def page(values: dict[str, Any], problem: str = "", status: int = 200) -> flask.Response:
        enabled = pools.settings.enabled
        warned = warn_of(pools.settings, asker)
        text = flask.render_template("cognito.html", values=values, enabled=enabled, problem=problem, warned=warned)
        return flask.make_response(text, status)

    @blueprint.get(PAGE)
    def show_cognito() -> flask.Response:
        return page(_values(pools.settings))

    @blueprint.post(PAGE)
    def prove_cognito() -> flask.Response:
        form = flask.request.form
        values: dict[str, Any] = {name: form.get(name, "").strip() for name in TEXTS}
        values["adminGroups"] = [group.strip() for group in form.get("adminGroups", "").split(",") if group.strip()]
        values["readerGroups"] = [group.strip() for group in form.get("readerGroups", "").split(",") if group.strip()]
        values["enabled"] = True
        changes = {f"{SECTION}.{name}": value for name, value in values.items()}
        try:
            # Checks values, pool and client; what is in force stays.
            with proved_by_sign_in():
                store.preview(changes)
            pool = describe_pool(Cognito.model_validate(values))
        except ConfigRefused as error:
            return page(values, " ".join(error.sentences), 422)
        except CognitoRefused as error:
            return page(values, str(error), 422)
        enabling = Enabling(changes, caller().who, tuple(values["adminGroups"]))
        pending = Pending(pool, PAGE, "", clock())
        name, password = form.get("name", "").strip(), form.get("password", "")
        return signin.begin(name, password, PAGE, enabling=(pending, enabling))

    @blueprint.post(f"{PAGE}/disable")
    def disable_cognito() -> flask.Response:
        flask.g.recorded = True
        try:
            store.apply({f"{SECTION}.enabled": False}, who=caller().who, origin=Origin.PAGE)
        except MmbatchDashError as error:
            return page(_values(pools.settings), str(error), 422)
        recorder.record("change", detail="switched off Cognito login")
        return flask.redirect(PAGE if users.exist() else "/", code=303)  # type: ignore[return-value]

    return blueprint


def _values(cognito: Cognito) -> dict[str, Any]:
    return cognito.model_dump(by_alias=True, mode="json")
