"""Who makes a request: the token in its headers, else the session in its cookie, else nobody."""

from collections.abc import Mapping
from typing import Any

from flask.globals import request_ctx
from flask_login import UserMixin, current_user

from mmbatch_dash.auth.parts import Auth
from mmbatch_dash.auth.sessions import Session
from mmbatch_dash.domain.identity import NOBODY, CallerKind, Identity

SESSION_COOKIE = "mmbatch_session"


class BadToken(Exception):
    """A token was presented that is unknown, expired or revoked."""


class SessionUser(UserMixin):  # type: ignore[misc]
    """A session as flask-login knows a user; its id is the session's key, not the user's name."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get_id(self) -> str:
        """What goes into the signed cookie."""
        return self.session.key


def find_caller(auth: Auth) -> Identity:
    """The caller of the request under way.

    Raises:
        BadToken: a token was presented and is not valid; a session beside it does not count.
    """
    request = request_ctx.request
    text = token_in(request.environ)
    if text is not None:
        token = auth.tokens.check(text)
        if token is None:
            raise BadToken
        return Identity(token.name, CallerKind.TOKEN, token.rights)
    if SESSION_COOKIE not in request.environ.get("HTTP_COOKIE", ""):
        return NOBODY
    user = current_user._get_current_object()
    return user.session.identity if isinstance(user, SessionUser) else NOBODY


def token_in(environ: Mapping[str, Any]) -> str | None:
    """The token in a request's headers: `Authorization: Bearer`, or `X-Api-Key`; None without one."""
    # The environ instead of headers: the same texts, without a wrapper around each look.
    scheme, _, rest = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    key: str | None = environ.get("HTTP_X_API_KEY")
    return key
