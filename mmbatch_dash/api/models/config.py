"""The configuration: its models are made of the declared keys."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, create_model

from mmbatch_dash.api.models.shape import Count, Instant, Shape
from mmbatch_dash.domain.config import KEYS
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.config.keys import Key

COGNITO_KEYS = ("enabled", "region", "userPoolID", "clientID", "identityPoolID", "adminGroups")
"""Keys of the user pool as the published API has them; ours beside them are in the whole configuration only."""

_TYPES: dict[Kind, Any] = {
    Kind.BOOL: bool,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.LIST: list[str],
    Kind.MAP: dict[str, Any],
}


class _Partly(Shape):
    """A body that may leave keys out. Unknown ones are refused by the configuration itself, with the nearest known."""

    model_config = ConfigDict(extra="allow")


def _type_of(key: Key) -> Any:
    kind: Any = Literal[key.choices] if key.choices else _TYPES.get(key.kind, str)
    return kind | str | None if key.word else kind


def _section(name: str, dotted: str, only: tuple[str, ...] | None = None, *, partly: bool = False) -> type[Shape]:
    """The model of one section, with the sections in it."""
    members: dict[str, Any] = {}
    for key in KEYS.values():
        rest = key.name.removeprefix(dotted)
        if (
            key.marks.secret
            or key.kind is Kind.TREE
            or not key.name.startswith(dotted)
            or "." in rest
            or (only and rest not in only)
        ):
            continue
        kind = Any if partly else _type_of(key)
        members[rest] = (kind, Field(None if partly else ..., description=key.description))
    for inner in dict.fromkeys(
        key.name.removeprefix(dotted).split(".")[0] for key in KEYS.values() if _inside(key, dotted)
    ):
        if only is None:
            members[inner] = (_section(f"{name}{inner[0].upper()}{inner[1:]}", f"{dotted}{inner}."), ...)
    return create_model(name, __base__=_Partly if partly else Shape, **members)


def _inside(key: Key, dotted: str) -> bool:
    return key.name.startswith(dotted) and "." in key.name.removeprefix(dotted)


Configuration = _section("Configuration", "")
LogConfig = _section("LogConfig", "log.")
CognitoConfig = _section("CognitoConfig", "security.cognito.", COGNITO_KEYS)
CkptChanges = _section("CkptChanges", "ckpt.", partly=True)
LogChanges = _section("LogChanges", "log.", partly=True)
CognitoChanges = _section("CognitoChanges", "security.cognito.", COGNITO_KEYS, partly=True)


class KeyChanges(Shape):
    """Dotted key → value; lists as a,b and maps as k:v,k:v where they are texts."""

    model_config = ConfigDict(extra="allow")
    kvMap: dict[str, Any]  # noqa: N815 - the published key


class ConfigClient(Shape):
    """Who fetched the configuration, and which."""

    name: str
    named: str
    version: int | None
    etag: str
    queue: str | None
    obeys: bool
    clock_ahead_seconds: float | None
    since: Instant
    seen_at: Instant


class ConfigStatus(Shape):
    """Who has the configuration in force, who an older one, and who has not been heard of."""

    version: int
    etag: str
    obeying: Count
    behind: Count
    silent: Count
    clients: list[ConfigClient]
