"""Who makes a request: the token in its headers, else the session in its cookie, else nobody."""

from collections.abc import Mapping
from typing import Any

from flask.globals import request_ctx
from flask_login import current_user

from mmbatch_dash.auth.sessions.browser import SESSION_COOKIE, SessionUser
from mmbatch_dash.domain.identity import NOBODY, OWNER, CallerKind, Identity
from mmbatch_dash.store.auth.tokens import Tokens

BY_PRIVATE_SOCKET = "mmbatch_dash.private_socket"
"""In the environ of what came by the private socket. No header can set it: those are called HTTP_…."""


class BadToken(Exception):
    """A token was presented that is unknown, expired or revoked."""


def find_caller(tokens: Tokens) -> Identity:
    """The caller of the request under way.

    Raises:
        BadToken: a token was presented and is not valid; a session beside it does not count.
    """
    environ = request_ctx.request.environ
    if (identity := find_without_session(environ, tokens)) is not None:
        return identity
    user = current_user._get_current_object()
    return user.session.identity if isinstance(user, SessionUser) else NOBODY


def find_without_session(environ: Mapping[str, Any], tokens: Tokens) -> Identity | None:
    """The caller as far as no session has to be looked at; None where one decides.

    Raises:
        BadToken: a token was presented and is not valid.
    """
    if BY_PRIVATE_SOCKET in environ:
        return OWNER
    text = token_in(environ)
    if text is not None:
        token = tokens.check(text)
        if token is None:
            raise BadToken
        return Identity(token.name, CallerKind.TOKEN, token.rights, "", token.types, token.sources)
    return None if SESSION_COOKIE in environ.get("HTTP_COOKIE", "") else NOBODY


def token_in(environ: Mapping[str, Any]) -> str | None:
    """The token in a request's headers: `Authorization: Bearer`, or `X-Api-Key`; None without one."""
    # The environ instead of headers: the same texts, without a wrapper around each look.
    scheme, _, rest = str(environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    key: str | None = environ.get("HTTP_X_API_KEY")
    return key
