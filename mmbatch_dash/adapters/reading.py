"""Typed reading of JSON written by others: a value of the wrong kind is refused under its dotted name."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.facts import Fact
from mmbatch_dash.domain.instants import from_epoch_ms
from mmbatch_dash.domain.prices import check_price
from mmbatch_dash.domain.quoting import shown

Read = TypeVar("Read")
MILLISECONDS_FROM = 10**11
"""As seconds this is the year 5138, as milliseconds 1973: no time of either kind is on the wrong side."""
_OF_USERS = frozenset({"tags", "parameters", "environment", "labels", "options"})
"""Keys of a job whose values have keys that somebody chose."""


class Unreadable(NamedTuple):
    """What stood where an event or a row was expected, and why it is none."""

    raw: Any
    error: str


class Lenient:
    """Reads fields that a record may do without: one that cannot be read is unknown, and its name is kept.

    Attributes:
        unread: names of the fields that could not be read, in the order they were met.
    """

    def __init__(self) -> None:
        self.unread: list[str] = []

    def read(self, reader: Callable[..., Read | None], *arguments: Any, **named: Any) -> Read | None:
        """What the reader gives, None where it refuses."""
        try:
            return reader(*arguments, **named)
        except InvalidInput as error:
            if error.field not in self.unread:
                self.unread.append(error.field)
            return None


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


def usd_per_hour(value: object, *, field: str) -> float:
    """A price per instance-hour.

    Raises:
        InvalidInput: it is no number, not greater than 0, or above what any instance costs.
    """
    return check_price(positive(value, field=field), field=field)


def small_keys(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of AWS with keys as AWS writes them, where somebody made their first letters capitals ("JobId")."""
    if not any(key[:1].isupper() for key in record):
        return record
    return {_small(key): value if _small(key) in _OF_USERS else _small_inside(value) for key, value in record.items()}


def _small_inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return small_keys(value)
    return [_small_inside(item) for item in value] if isinstance(value, list) else value


def _small(key: str) -> str:
    return key[:1].lower() + key[1:]


def known(fields: Mapping[str, object]) -> Fact:
    """A fact of the fields that are known: a fact never holds None."""
    return cast(Fact, {key: value for key, value in fields.items() if value is not None})


def content_id(value: object) -> str:
    """An id made of content alone: the same JSON value, whatever its key order, gives the same id."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]
