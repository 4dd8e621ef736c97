"""Environment variables that set configuration keys for a deployment: `MMBATCH_DASH__NODE__TTL=5m`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmbatch_dash.domain.config import KEYS, ConfigRefused, Problem, from_text, nearest_key

PREFIX = "MMBATCH_DASH__"


@dataclass(frozen=True, slots=True)
class Override:
    """A key that the environment sets.

    Attributes:
        key: dotted.
        variable: the environment variable, or the file that gives what must be known before anything is shared.
        value: what it sets, not yet checked.
    """

    key: str
    variable: str
    value: Any

    @property
    def source(self) -> str:
        """Where it comes from, in words."""
        if self.variable.startswith(PREFIX):
            return f"the environment variable {self.variable}"
        return f"{self.variable} of this server"


def variable_of(key: str) -> str:
    """The environment variable that sets a key."""
    return PREFIX + key.replace(".", "__").upper()


def read_overrides(environ: Mapping[str, str]) -> dict[str, Override]:
    """Dotted key → its override.

    Raises:
        ConfigRefused: a variable of this form names no key, or one that cannot be set so.
    """
    keys = {variable_of(key): key for key in KEYS}
    overrides, problems = {}, []
    for variable, text in environ.items():
        if not variable.upper().startswith(PREFIX):
            continue
        key = keys.get(variable.upper())
        if key is None:
            nearest = nearest_key(variable.upper().removeprefix(PREFIX).replace("__", "."))
            problems.append(
                Problem("", f"{variable} sets no known key; the nearest is {variable_of(nearest)}", nearest)
            )
        elif KEYS[key].marks.fixed:
            problems.append(Problem(key, f"is made with the server and cannot be set by {variable}; unset it"))
        else:
            overrides[key] = Override(key, variable, from_text(KEYS[key], text))
    if problems:
        raise ConfigRefused(problems)
    return overrides


def overlay(tree: Any, overrides: Mapping[str, Override]) -> Any:
    """A copy of a tree of sections with the overrides set; what is no tree of sections comes back as it is."""
    if not isinstance(tree, Mapping):
        return tree
    laid: dict[Any, Any] = {
        name: overlay(value, {}) if isinstance(value, Mapping) else value for name, value in tree.items()
    }
    for override in overrides.values():
        *sections, name = override.key.split(".")
        place = laid
        for section in sections:
            inner = place.get(section)
            if inner is None:
                inner = place[section] = {}
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[name] = override.value
    return laid
