"""A tree of plain values in, a checked configuration out."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mmbatch_dash.domain.config.config import Config
from mmbatch_dash.domain.config.keys import KEYS, SECTIONS
from mmbatch_dash.domain.config.problems import ConfigRefused, Problem, problems_of
from mmbatch_dash.domain.config.rules import broken_rules
from mmbatch_dash.domain.config.text import EMPTY


def parse_config(tree: Any) -> Config:
    """The configuration that a tree of sections describes; absent keys take their defaults.

    Raises:
        ConfigRefused: with every problem found, not only the first.
    """
    if tree is not None and not isinstance(tree, Mapping):
        raise ConfigRefused([Problem("", "The configuration must consist of sections such as ckpt: and node:")])
    try:
        config = Config.model_validate(_fill_empty(tree or {}, ""))
    except ValidationError as error:
        raise ConfigRefused(problems_of(error)) from None
    if broken := broken_rules(config):
        raise ConfigRefused(broken)
    return config


def _fill_empty(tree: Mapping[Any, Any], prefix: str) -> dict[Any, Any]:
    """YAML's nothing, as the empty value of its key; an empty section as one without keys."""
    filled: dict[Any, Any] = {}
    for name, value in tree.items():
        dotted = f"{prefix}{name}"
        if dotted in SECTIONS and (value is None or isinstance(value, Mapping)):
            filled[name] = _fill_empty(value or {}, f"{dotted}.")
        elif value is None and dotted in KEYS:
            filled[name] = EMPTY.get(KEYS[dotted].kind)
        else:
            filled[name] = value
    return filled
