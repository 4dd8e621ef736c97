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
    """The value a text means for this key: lists are `a,b`, maps `k:v,k:v`, or either is JSON.

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
            return _read_list(trimmed)
        case Kind.MAP:
            return _read_map(trimmed)
        case Kind.TREE:
            return _read_json(trimmed) if trimmed else {}
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
        plain = not any(isinstance(item, Mapping) or "," in f"{name}{item}" for name, item in value.items())
        if plain and not any(":" in name or _is_json_piece(name) for name in map(str, value)):
            return ",".join(f"{name}:{item}" for name, item in value.items())
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        plain = not any("," in str(item) or _is_json_piece(str(item)) for item in value)
        return ",".join(map(str, value)) if plain else json.dumps(list(value), ensure_ascii=False)
    return str(value)


def _read_list(text: str) -> Any:
    if text.startswith("["):
        return _read_json(text)
    items = [item.strip() for item in text.split(",")] if text else []
    return text if any(_is_json_piece(item) for item in items) else items


def _read_map(text: str) -> Any:
    if text.startswith("{"):
        return _read_json(text)
    pairs = [item.partition(":") for item in text.split(",")] if text else []
    if not all(colon for _, colon, _ in pairs) or any(_is_json_piece(name.strip()) for name, _, _ in pairs):
        return text
    return {name.strip(): value.strip() for name, _, value in pairs}


def _is_json_piece(item: str) -> bool:
    """Whether an item looks like a piece of JSON that is not whole: as a name it would match nothing, silently."""
    return item[:1] in ("[", "{", '"', "'")


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
