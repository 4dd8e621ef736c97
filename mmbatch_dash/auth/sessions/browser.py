"""The session in a browser: its cookie, and the moments somebody signs in or out."""

import flask
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import UserMixin, login_user

from mmbatch_dash.auth.calling import Recorder, caller, note_caller
from mmbatch_dash.auth.sessions.redirects import safe_return
from mmbatch_dash.auth.sessions.sessions import Session, Sessions

SESSION_COOKIE = "mmbatch_session"


class SessionUser(UserMixin):  # type: ignore[misc]
    """A session as flask-login knows a user; its id is the session's key, not the user's name."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get_id(self) -> str:
        """What goes into the signed cookie."""
        return self.session.key


class BrowserSession:
    """Gives the browser of the request under way a session, or takes it away."""

    def __init__(self, sessions: Sessions, recorder: Recorder) -> None:
        self._sessions, self._recorder = sessions, recorder

    def begin(self, session: Session, target: str | None) -> flask.Response:
        """Puts the session in place of whatever the browser held, and leads on to the target."""
        self.end()
        login_user(SessionUser(session))
        note_caller(session.identity)
        flask.g.recorded = True
        self._recorder.record("sign-in", detail=f"{session.kind.value} {session.role.value}")
        return flask.redirect(safe_return(target), code=303)  # type: ignore[return-value]

    def end(self) -> None:
        """Ends the browser's session, if it has one, and empties its cookie."""
        if key := caller().session:
            self._sessions.end(key)
        flask.session.clear()


class SessionCookies(SecureCookieSessionInterface):
    """Session cookies that stay on TLS where the request came by TLS; nothing is made ready for who brings none."""

    def open_session(self, app: flask.Flask, request: flask.Request) -> SecureCookieSession | None:
        """The cookie's content."""
        if SESSION_COOKIE not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: flask.Flask, session: SessionMixin, response: flask.Response) -> None:
        """Sets the cookie, where there is something to keep or to forget."""
        if session.accessed or session.modified or session:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: flask.Flask) -> bool:  # noqa: ARG002 - Flask's signature
        """Whether the cookie stays on TLS."""
        return flask.request.is_secure
