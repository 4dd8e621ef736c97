"""The page of who has access: how one signs in here, local users with their roles, groups of the pool, tokens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import flask

from mmbatch_dash.auth.access.access_mode import AccessMode, AccessModes
from mmbatch_dash.auth.calling import Recorder, caller
from mmbatch_dash.auth.sessions.passwords import SHORTEST, hash_password
from mmbatch_dash.domain.config import Config
from mmbatch_dash.domain.errors import InvalidInput, NotFound
from mmbatch_dash.domain.identity import CallerKind, Role
from mmbatch_dash.store.auth.tokens import Tokens
from mmbatch_dash.store.auth.users import Users

STANDING = {
    AccessMode.LOGIN: "Everybody signs in, or sends a token.",
    AccessMode.SETUP: "Closed until the first admin is made by the link in the log.",
    AccessMode.LOOPBACK: "Whoever calls from this machine may do everything; nobody else reaches it. "
    "The first user made here switches the login on.",
    AccessMode.INSECURE: "Whoever reaches this server may do everything (--insecure-open).",
}
ROLES = {
    Role.ADMIN: "reads everything, changes the configuration, users and tokens, settles the quarantine, imports",
    Role.READER: "reads jobs, figures and configuration, and takes them home; changes nothing",
}
LAST = "{} is the last admin. Make another admin first, or nobody could administer this server."


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The page and what is done on it.

    Attributes:
        users: local ones.
        tokens: how many are valid is shown.
        modes: how the server stands open.
        config: in force.
        recorder: of the audit log.
        clock: what time it is.
    """

    users: Users
    tokens: Tokens
    modes: AccessModes
    config: Callable[[], Config]
    recorder: Recorder
    clock: Callable[[], datetime]

    def show(self, problem: str = "", status: int = 200, name: str = "") -> flask.Response:
        """The page, with what went wrong."""
        now = self.clock()
        text = flask.render_template(
            "users.html",
            standing=STANDING[self.modes.now()],
            users=self.users.all(),
            roles={role.value: meaning for role, meaning in ROLES.items()},
            cognito=self.config().security.cognito,
            valid_tokens=sum(token.state(now) == "valid" for token in self.tokens.all()),
            shortest=SHORTEST,
            problem=problem,
            name=name,
        )
        return flask.make_response(text, status)

    def save(self, form: Mapping[str, str]) -> flask.Response:
        """Adds the user of the form, or gives an existing one this role and password."""
        name, role = form.get("name", "").strip(), form.get("role", "")
        if problem := self._find_problem(name, role, form.get("password", ""), form.get("again", "")):
            return self.show(problem, 422, name)
        try:
            self.users.save(name, Role(role), hash_password(form.get("password", "")))
        except InvalidInput as error:
            return self.show(f"The {error}.", 422, name)
        return self._done(f"saved {name} as {role}")

    def remove(self, name: str) -> flask.Response:
        """Removes a user; their sessions end."""
        if problem := self._leaves_no_admin(name):
            return self.show(problem, 422)
        try:
            self.users.remove(name)
        except NotFound as error:
            return self.show(str(error), 404)
        return self._done(f"removed {name}")

    def _find_problem(self, name: str, role: str, password: str, again: str) -> str:
        if role not in set(Role):
            return "The role must be admin or reader."
        if password != again:
            return "The two passwords differ."
        return self._leaves_no_admin(name) if role != Role.ADMIN else ""

    def _leaves_no_admin(self, name: str) -> str:
        """Why a user may not be removed or made a reader; "" where it may."""
        me = caller()
        if me.kind is CallerKind.LOCAL and me.name == name:
            return "Nobody takes the admin's role from themselves; another admin can."
        others = any(user.role is Role.ADMIN and user.name != name for user in self.users.all())
        return "" if others or self.config().security.cognito.enabled else LAST.format(name or "This")

    def _done(self, said: str) -> flask.Response:
        self.recorder.record("user", detail=said)
        flask.g.recorded = True
        return flask.redirect("/admin/users", code=303)  # type: ignore[return-value]


def build_blueprint(page: PeoplePage) -> flask.Blueprint:
    """The blueprint; for admins."""
    blueprint = flask.Blueprint("people", __name__, template_folder="templates")

    @blueprint.get("/admin/users")
    def show_users() -> flask.Response:
        return page.show()

    @blueprint.post("/admin/users")
    def save_user() -> flask.Response:
        return page.save(flask.request.form)

    @blueprint.post("/admin/users/remove")
    def remove_user() -> flask.Response:
        return page.remove(flask.request.form.get("name", ""))

    return blueprint
