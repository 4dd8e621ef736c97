"""Values as one line of text, as the command line, environment variables and `configKV` give and show them."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.domain.config.keys import Key
from mmbatch_dash.domain.durations import Duration

EMPTY: dict[Kind, Any] = {Kind.LIST: [], Kind.MAP: {}, Kind.TREE: {}, Kind.TEXT: "", Kind.PATH: ""}


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
        case Kind.TREE:
            return _read_json(trimmed)
        case Kind.TEXT | Kind.PATH | Kind.DURATION | Kind.CHOICE:
            return trimmed


def plain_value(key: Key, value: Any) -> Any:
    """A value as YAML and JSON have it; nothing becomes the empty value of its kind where there is one."""
    if value is None:
        return key.word or EMPTY.get(key.kind)
    if isinstance(value, Mapping):
        return {str(name): plain_value(key, item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain_value(key, item) for item in value]
    return str(value) if isinstance(value, Duration | StrEnum) else value


def to_text(value: Any) -> str:
    """A value as `from_text` reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        if any(isinstance(item, Mapping) for item in value.values()):
            return json.dumps(value, ensure_ascii=False)
        return ",".join(f"{name}:{item}" for name, item in value.items())
    return ",".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)


def _read_json(text: str) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return text
