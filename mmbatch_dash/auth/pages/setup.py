"""The set-up page: makes the first admin, once, for whoever holds the link from the server's log."""

import hmac
import secrets

import flask

from mmbatch_dash.auth.access.access_mode import AccessMode, AccessModes
from mmbatch_dash.auth.access.refusals import refuse
from mmbatch_dash.auth.calling import Recorder
from mmbatch_dash.auth.sessions.browser import BrowserSession
from mmbatch_dash.auth.sessions.passwords import SHORTEST, hash_password
from mmbatch_dash.auth.sessions.sessions import Sessions
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import CallerKind, Role
from mmbatch_dash.store.auth.users import Users

USED = "This set-up link is not valid, or no longer. Without a login, a restart prints a new one to the log."


class SetupLink:
    """The one-time link that makes the first admin, as long as the server waits for one."""

    def __init__(self, modes: AccessModes) -> None:
        self._modes = modes
        self._code = ""

    def new_path(self) -> str | None:
        """A new link's path, which voids the one before; None where no first admin is waited for."""
        if self._modes.now() is not AccessMode.SETUP:
            return None
        self._code = secrets.token_urlsafe(24)
        return f"/setup?code={self._code}"

    def opens(self, code: str) -> bool:
        """Whether the code is that of the link, and the link still good."""
        is_open = self._modes.now() is AccessMode.SETUP and bool(self._code)
        return hmac.compare_digest(code.encode(), self._code.encode()) and is_open

    def use_up(self) -> None:
        """Voids the link."""
        self._code = ""


def build_blueprint(
    link: SetupLink, users: Users, sessions: Sessions, browser: BrowserSession, recorder: Recorder
) -> flask.Blueprint:
    """The blueprint; for anyone who holds the link."""
    blueprint = flask.Blueprint("setup", __name__, template_folder="templates")

    @blueprint.get("/setup")
    def show_setup() -> flask.Response | str:
        code = flask.request.args.get("code", "")
        return _page(code) if link.opens(code) else refuse(403, USED)

    @blueprint.post("/setup")
    def post_setup() -> flask.Response | str:
        form = flask.request.form
        code, name, password = form.get("code", ""), form.get("name", "").strip(), form.get("password", "")
        if not link.opens(code):
            recorder.record("set-up", "wrong link", who="")
            return refuse(403, USED)
        if password != form.get("again"):
            return flask.make_response(_page(code, name, "The two passwords differ."), 422)
        try:
            users.save(name, Role.ADMIN, hash_password(password), only_first=True)
        except InvalidInput as error:
            return flask.make_response(_page(code, name, f"The {error}."), 422)
        link.use_up()
        user = users.find(name)
        recorder.record("set-up", who=f"{CallerKind.LOCAL.value}:{name}", detail="first admin")
        stamp = user.stamp if user else ""
        return browser.begin(sessions.begin(name, CallerKind.LOCAL, Role.ADMIN, stamp=stamp), "/")

    return blueprint


def _page(code: str, name: str = "admin", problem: str = "") -> str:
    return flask.render_template("setup.html", code=code, name=name, problem=problem, shortest=SHORTEST)
