"""Values as YAML text: one scalar, or a list or map on one line. Knows no file and no key."""

import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_SURE = re.compile(r"/[\w./-]*|(?:\d+(?:h|m|s|ms|us|ns))+|https?://[\w.:/-]*\w", re.ASCII)
"""Paths, durations and addresses read back plain without a trial; no number or word of YAML looks so."""


def scalar_text(value: Any, style: str | None = None) -> str:
    """A scalar as YAML, in the quotes `style` names where it is a text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # 1e-07 is a number to YAML 1.2 only with a point in it: 1.0e-07.
        whole, exponent, power = repr(value).partition("e")
        return f"{whole if '.' in whole else f'{whole}.0'}{exponent}{power}"
    text = str(value)
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style != '"' and _reads_plain(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def flow_text(value: Any) -> str:
    """A value as YAML on one line; a list as `[a, b]`, a map as `{k: v}`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar_text(name)}: {flow_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    return scalar_text(value)


def _reads_plain(text: str) -> bool:
    """Whether the bare text reads back as itself in a block, in a list, and as a key and a value of a map."""
    if not text or not text.isprintable() or text.strip() != text or text[0] in "&*!|>%@`":
        return False
    if _SURE.fullmatch(text):
        return True
    reader = YAML(typ="safe", pure=True)
    try:
        held: Any = reader.load(f"a: {text}\nb: [{text}]\nc: {{{text}: {text}}}\n")
    except (YAMLError, ValueError, TypeError):
        return False
    expected: dict[str, Any] = {"a": text, "b": [text], "c": {text: text}}
    return bool(held == expected)
