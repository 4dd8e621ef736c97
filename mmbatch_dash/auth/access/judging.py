"""The gate's judgement over a request, without a side effect; the same whichever way the request takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mmbatch_dash.auth.access.access_mode import AccessMode
from mmbatch_dash.auth.access.callers import BY_PRIVATE_SOCKET, BadToken, token_in
from mmbatch_dash.auth.access.origins import SAFE_METHODS, is_foreign_page, is_forwarded, why_not_local
from mmbatch_dash.auth.access.routes import is_way_in
from mmbatch_dash.domain.identity import NOBODY, OPEN, Audience, CallerKind, Identity

NOT_FOR_TOKENS = "Tokens are for the API; people sign in here."
NO_PROXY = "A server that waits for its set-up answers to no proxy that it was not told to trust."


class Ground(StrEnum):
    """Why a request is refused."""

    MODE = "mode"
    WAY_IN = "way in"
    BAD_TOKEN = "bad token"  # noqa: S105 - words, not a secret
    AUDIENCE = "audience"
    FOREIGN_PAGE = "foreign page"
    NO_CSRF_TOKEN = "no CSRF token"  # noqa: S105 - words, not a secret


@dataclass(frozen=True, slots=True)
class Asked:
    """What the judgement needs of a request.

    Attributes:
        environ: its head.
        method, path: as the routes have them.
        mode: the access mode that holds.
        proxies: how many in front are trusted.
        find_caller: who makes it; raises BadToken.
        audience: whom it is for, by its route.
        audience_for: whom it is for, if this one makes it.
        for_machines: whether a program reads the answer.
        has_csrf_token: whether it carries the token of its session.
    """

    environ: Mapping[str, Any]
    method: str
    path: str
    mode: AccessMode
    proxies: int
    find_caller: Callable[[], Identity]
    audience: Audience
    audience_for: Callable[[Identity, Audience], Audience]
    for_machines: bool
    has_csrf_token: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Who makes a request, whom it is for, and why it is refused; None lets it in."""

    identity: Identity
    audience: Audience
    ground: Ground | None = None
    reason: str = ""


def judge(asked: Asked) -> Judgement:
    """Whether a request is let in."""
    environ, audience = asked.environ, asked.audience
    if BY_PRIVATE_SOCKET not in environ and (reason := _mode_problem(environ, asked.mode, asked.proxies)):
        return Judgement(NOBODY, audience, Ground.MODE, reason)
    if token_in(environ) is not None and is_way_in(asked.path):
        return Judgement(NOBODY, audience, Ground.WAY_IN, NOT_FOR_TOKENS)
    try:
        identity = asked.find_caller()
    except BadToken:
        if audience is not Audience.ANYONE:
            return Judgement(NOBODY, audience, Ground.BAD_TOKEN)
        identity = NOBODY
    if identity is NOBODY and asked.mode in (AccessMode.LOOPBACK, AccessMode.INSECURE):
        identity = OPEN
    audience = asked.audience_for(identity, audience)
    if not identity.may(audience):
        return Judgement(identity, audience, Ground.AUDIENCE)
    return Judgement(identity, audience, _origin_problem(asked, identity))


def _mode_problem(environ: Mapping[str, Any], mode: AccessMode, proxies: int) -> str | None:
    if mode is AccessMode.LOOPBACK:
        return why_not_local(environ)
    if mode is AccessMode.SETUP and not proxies and is_forwarded(environ):
        return NO_PROXY
    return None


def _origin_problem(asked: Asked, identity: Identity) -> Ground | None:
    if asked.method in SAFE_METHODS or identity.kind in (CallerKind.TOKEN, CallerKind.OWNER):
        return None
    if is_foreign_page(asked.environ):
        return Ground.FOREIGN_PAGE
    if (identity.signed_in or not asked.for_machines) and not asked.has_csrf_token():
        return Ground.NO_CSRF_TOKEN
    return None
