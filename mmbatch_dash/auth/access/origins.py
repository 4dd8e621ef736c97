"""Where a request comes from: foreign hosts, forwarded requests, other sites' pages, forms without their token."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import flask
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError

from mmbatch_dash.auth.access.access_mode import host_of, is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_COOKIE = "_csrf_token"
"""Dash's page code reads this cookie and sends it back as X-CSRFToken."""
CSRF_HEADER, CSRF_FIELD = "X-CSRFToken", "csrf_token"
_FORWARDING = ("HTTP_X_FORWARDED_", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_ORIGINAL_")
"""Beginnings of headers as WSGI names them."""


def why_not_local(environ: Mapping[str, Any]) -> str | None:
    """Why a request is not one of this machine to itself; None if it is. Holds a server that asks nobody to log in."""
    if not is_loopback(environ.get("REMOTE_ADDR") or ""):
        return "Nobody has to log in here, so this server answers only to its own machine."
    host = environ.get("HTTP_HOST", "")
    if not is_loopback(host_of(host)):
        return "Nobody has to log in here, so this server answers only as localhost; its Host header says otherwise."
    if is_forwarded(environ):
        return "Nobody has to log in here, so this server answers to no proxy. Configure a login first."
    return None


def is_forwarded(environ: Mapping[str, Any]) -> bool:
    """Whether a proxy says it passed the request on."""
    for name in environ:  # noqa: SIM110 - a generator costs twice as much, at every request
        if name.startswith(_FORWARDING):
            return True
    return False


def is_foreign_page(environ: Mapping[str, Any]) -> bool:
    """Whether the browser says that another site's page made the request."""
    site: str | None = environ.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        return site not in ("same-origin", "none")
    origin: str | None = environ.get("HTTP_ORIGIN")
    if origin is None or origin == "null":
        # A form under `Referrer-Policy: no-referrer` sends "null"; its token decides.
        return False
    return urlsplit(origin).netloc.lower() != str(environ.get("HTTP_HOST", "")).lower()


def has_csrf_token() -> bool:
    """Whether the request carries the token of its own session."""
    try:
        validate_csrf(flask.request.headers.get(CSRF_HEADER) or flask.request.form.get(CSRF_FIELD))
    except ValidationError:
        return False
    return True


def hand_out_csrf(response: flask.Response) -> None:
    """Gives a page the token that its requests must carry."""
    secure = flask.request.is_secure
    response.set_cookie(CSRF_COOKIE, generate_csrf(), secure=secure, samesite="Lax", path="/")
