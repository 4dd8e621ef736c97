"""Typed reading of JSON written by others: a value of the wrong kind is refused under its dotted name."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Fact
from mmbatch_dash.domain.instants import from_epoch_ms
from mmbatch_dash.domain.quoting import shown


def text_of(record: Mapping[str, Any], key: str, *, path: str = "") -> str | None:
    """The text under `key`; None where it is absent, null or empty.

    Raises:
        InvalidInput: it is not text.
    """
    value = record.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {shown(value)}", field=path + key)
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def required_text(record: Mapping[str, Any], key: str, *, path: str = "") -> str:
    """The text under `key`.

    Raises:
        InvalidInput: it is absent, empty or not text.
    """
    value = text_of(record, key, path=path)
    if value is None:
        raise InvalidInput("is missing; the sender must give it", field=path + key)
    return value


def mapping_of(record: Mapping[str, Any], key: str, *, path: str = "") -> Mapping[str, Any]:
    """The object under `key`, an empty one where it is absent or null.

    Raises:
        InvalidInput: it is not an object.
    """
    value = record.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(f"must be an object, not {type(value).__name__}", field=path + key)
    return value


def mappings_of(record: Mapping[str, Any], key: str, *, path: str = "") -> list[Mapping[str, Any]]:
    """The objects in the list under `key`, none where it is absent or null.

    Raises:
        InvalidInput: it is not a list, or holds anything but objects.
    """
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise InvalidInput("must be a list of objects", field=path + key)
    return value


def epoch_ms_of(record: Mapping[str, Any], key: str, *, path: str = "") -> datetime | None:
    """The instant under `key` in epoch milliseconds; None where absent, null, or 0 (AWS Batch: not yet).

    Raises:
        InvalidInput: it is no such time.
    """
    value = record.get(key)
    if value is None or (value == 0 and not isinstance(value, bool)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"must be a time in epoch milliseconds, not {shown(value)}", field=path + key)
    return from_epoch_ms(value, field=path + key)


def integer_of(record: Mapping[str, Any], key: str, *, path: str = "") -> int | None:
    """The whole number under `key`, None where absent or null.

    Raises:
        InvalidInput: it is not a whole number of 32 bits.
    """
    value = record.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**31:
        raise InvalidInput(f"must be a whole number of 32 bits, not {shown(value)}", field=path + key)
    return value


def positive(value: object, *, field: str) -> float:
    """A number or number-like text as a float greater than 0.

    Raises:
        InvalidInput: it is no number, not finite, or not greater than 0.
    """
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or number != number or number == float("inf"):
        raise InvalidInput(f"must be a number, not {shown(value)}", field=field)
    if number <= 0:
        raise InvalidInput("must be greater than 0", field=field)
    return number


def known(fields: Mapping[str, object]) -> Fact:
    """A fact of the fields that are known: a fact never holds None."""
    return cast(Fact, {key: value for key, value in fields.items() if value is not None})


def content_id(value: object) -> str:
    """An id made of content alone: the same JSON value, whatever its key order, gives the same id."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]
