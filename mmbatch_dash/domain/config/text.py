"""Values as one line of text, as the command line, environment variables and `configKV` give and show them."""

import re
from collections.abc import Mapping
from typing import Any

from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.config.keys import Key


def from_text(key: Key, text: str) -> Any:
    """The value a text means for this key: lists are `a,b`, maps `k:v,k:v`.

    A text that does not parse comes back as it is: the model refuses it in its own words, the same for every door.
    """
    trimmed = text.strip()
    match key.kind:
        case Kind.BOOL:
            return {"true": True, "false": False}.get(trimmed.lower(), text)
        case Kind.INTEGER:
            return int(trimmed) if re.fullmatch(r"[+-]?\d{1,18}", trimmed, re.ASCII) else text
        case Kind.NUMBER:
            return float(trimmed) if re.fullmatch(r"[+-]?(\d{1,18}\.?\d{0,18}|\.\d{1,18})", trimmed, re.ASCII) else text
        case Kind.LIST:
            return [item.strip() for item in text.split(",")] if trimmed else []
        case Kind.MAP:
            pairs = [item.partition(":") for item in text.split(",")] if trimmed else []
            return (
                {name.strip(): value.strip() for name, _, value in pairs} if all(sep for _, sep, _ in pairs) else text
            )
        case Kind.TEXT | Kind.PATH | Kind.DURATION | Kind.CHOICE:
            return trimmed


def to_text(value: Any) -> str:
    """A value as `from_text` reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{item}" for name, item in value.items())
    return ",".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
