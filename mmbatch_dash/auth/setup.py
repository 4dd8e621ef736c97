"""The set-up page: makes the first admin, once, for whoever holds the link from the server's log."""

import hmac

import flask

from mmbatch_dash.auth.doors import Door
from mmbatch_dash.auth.entering import enter
from mmbatch_dash.auth.parts import Auth
from mmbatch_dash.auth.passwords import SHORTEST, hash_password
from mmbatch_dash.auth.refusals import refuse
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.identity import CallerKind, Role

USED = "This set-up link is not valid, or no longer. Without a login, a restart prints a new one to the log."


def build_blueprint(auth: Auth) -> flask.Blueprint:
    """The blueprint; for anyone who holds the link."""
    blueprint = flask.Blueprint("setup", __name__, template_folder="templates")

    @blueprint.get("/setup")
    def show_setup() -> flask.Response | str:
        code = flask.request.args.get("code", "")
        return _page(code) if _is_valid(auth, code) else refuse(403, USED)

    @blueprint.post("/setup")
    def post_setup() -> flask.Response | str:
        form = flask.request.form
        code, name, password = form.get("code", ""), form.get("name", "").strip(), form.get("password", "")
        if not _is_valid(auth, code):
            auth.record("set-up", "wrong link", who="")
            return refuse(403, USED)
        if password != form.get("again"):
            return flask.make_response(_page(code, name, "The two passwords differ."), 422)
        try:
            auth.users.save(name, Role.ADMIN, hash_password(password), only_first=True)
        except InvalidInput as error:
            return flask.make_response(_page(code, name, f"The {error}."), 422)
        auth.setup_code = ""
        user = auth.users.find(name)
        auth.record("set-up", who=name, detail="first admin")
        stamp = user.stamp if user else ""
        return enter(auth, auth.sessions.begin(name, CallerKind.LOCAL, Role.ADMIN, stamp=stamp), "/")

    return blueprint


def _is_valid(auth: Auth, code: str) -> bool:
    is_open = auth.doors.state() is Door.SETUP and bool(auth.setup_code)
    return hmac.compare_digest(code.encode(), auth.setup_code.encode()) and is_open


def _page(code: str, name: str = "admin", problem: str = "") -> str:
    return flask.render_template("setup.html", code=code, name=name, problem=problem, shortest=SHORTEST)
