"""The moment somebody signs in or out: the browser gets a session of its own, the old one is void."""

import flask
from flask_login import login_user

from mmbatch_dash.auth.callers import SessionUser
from mmbatch_dash.auth.parts import Auth, caller
from mmbatch_dash.auth.redirects import safe_return
from mmbatch_dash.auth.sessions import Session


def enter(auth: Auth, session: Session, target: str | None) -> flask.Response:
    """Puts the session in place of whatever the browser held, and leads on to the target."""
    leave(auth)
    login_user(SessionUser(session))
    flask.g.identity, flask.g.who = session.identity, session.identity.who
    flask.g.recorded = True
    auth.record("sign-in", detail=f"{session.kind.value} {session.role.value}")
    return flask.redirect(safe_return(target), code=303)  # type: ignore[return-value]


def leave(auth: Auth) -> None:
    """Ends the browser's session, if it has one, and empties its cookie."""
    if key := caller().session:
        auth.sessions.end(key)
    flask.session.clear()
