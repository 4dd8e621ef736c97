"""Who calls, what they may do, and whom a route or callback is for. Knows nothing of HTTP."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


class Right(StrEnum):
    """What a token may be given; users have `read`, or `read` and `admin`."""

    INGEST = "ingest"
    NODE = "node"
    READ = "read"
    METRICS = "metrics"
    PRICES = "prices"
    ADMIN = "admin"


class Role(StrEnum):
    """What a user is."""

    ADMIN = "admin"
    READER = "reader"


class Audience(StrEnum):
    """Whom a route or callback is for."""

    ANYONE = "anyone"
    INGEST = "ingest"
    NODE = "node"
    READER = "reader"
    METRICS = "metrics"
    KNOWN = "known"
    ADMIN = "admin"


class CallerKind(StrEnum):
    """How a caller became known."""

    NOBODY = "nobody"
    OPEN = "open"
    OWNER = "owner"
    LOCAL = "local"
    COGNITO = "cognito"
    TOKEN = "token"  # noqa: S105 - a kind of caller, not a secret


SUFFICIENT: dict[Audience, frozenset[Right]] = {
    Audience.ANYONE: frozenset(),
    Audience.INGEST: frozenset({Right.INGEST, Right.ADMIN}),
    Audience.NODE: frozenset({Right.NODE, Right.READ, Right.ADMIN}),
    Audience.READER: frozenset({Right.READ, Right.ADMIN}),
    Audience.METRICS: frozenset({Right.METRICS, Right.READ, Right.ADMIN}),
    Audience.KNOWN: frozenset(Right),
    Audience.ADMIN: frozenset({Right.ADMIN}),
}
"""Any one of these rights lets a caller in."""

ROLE_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset({Right.READ, Right.ADMIN}),
    Role.READER: frozenset({Right.READ}),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller.

    Attributes:
        name: of the user or token; empty for nobody.
        kind: how the caller became known.
        rights: what the caller may do.
        session: key of the server-side session, for callers who signed in.
        types, sources: of the events that a token may send; empty for all.
    """

    name: str
    kind: CallerKind
    rights: frozenset[Right] = frozenset()
    session: str = ""
    types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether the caller may change things."""
        return Right.ADMIN in self.rights

    @property
    def is_known(self) -> bool:
        """Whether the caller is anybody at all."""
        return self.kind is not CallerKind.NOBODY

    @property
    def signed_in(self) -> bool:
        """Whether a person signed in, with a session that can end."""
        return self.kind in (CallerKind.LOCAL, CallerKind.COGNITO)

    @property
    def who(self) -> str:
        """The caller as histories and logs name them: local:ana, cognito:ana, token:agent; local without login."""
        return f"{self.kind.value}:{self.name}" if self.name and self.kind is not CallerKind.OPEN else self.name

    def may(self, audience: Audience) -> bool:
        """Whether something for this audience is for this caller."""
        return audience is Audience.ANYONE or bool(self.rights & SUFFICIENT[audience])


NOBODY = Identity("", CallerKind.NOBODY)
OPEN = Identity("local", CallerKind.OPEN, frozenset(Right))
"""The one who uses a server without login on its own machine: may do everything."""
OWNER = Identity("command line", CallerKind.OWNER, frozenset(Right))
"""Whoever may open the private socket of the data directory owns its files: may do everything."""

_MARK = "mmbatch_audience"


def for_admins(function: Function) -> Function:
    """Marks a callback as for admins only; the gate refuses it to everybody else."""
    setattr(function, _MARK, Audience.ADMIN)
    return function


def for_readers(function: Function) -> Function:
    """Marks a callback as for readers where its page is otherwise for admins."""
    setattr(function, _MARK, Audience.READER)
    return function


def marked_audience(function: object) -> Audience | None:
    """What a callback was marked with; None where it was not."""
    mark = getattr(function, _MARK, None)
    return mark if isinstance(mark, Audience) else None
