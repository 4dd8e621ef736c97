"""Lengths of time as Go writes them (`1h0m0s`, `15m`, `250ms`), exact to the nanosecond. Knows no configuration."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # micro sign
    "μs": 1_000,  # Greek mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
LONGEST = 2**63 - 1
"""Go counts nanoseconds in 64 bits: about 292 years."""
TEXT_LIMIT = 100

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_WHOLE = re.compile(rf"[+-]?(?:{_PART.pattern})+", re.ASCII)
_EXAMPLES = "a duration such as 15m, 90s or 1h30m"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time; `str()` writes it as Go does.

    Attributes:
        nanoseconds: its whole length.
    """

    nanoseconds: int

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return self.nanoseconds / 1e9

    def __str__(self) -> str:
        sign = "-" if self.nanoseconds < 0 else ""
        rest = abs(self.nanoseconds)
        if rest == 0:
            return "0s"
        for unit, below in (("ns", "µs"), ("µs", "ms"), ("ms", "s")):
            if rest < NANOSECONDS[below]:
                return f"{sign}{_decimal(rest, NANOSECONDS[unit])}{unit}"
        hours, rest = divmod(rest, NANOSECONDS["h"])
        minutes, rest = divmod(rest, NANOSECONDS["m"])
        seconds = f"{_decimal(rest, NANOSECONDS['s'])}s"
        if hours:
            return f"{sign}{hours}h{minutes}m{seconds}"
        return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Fields of this type take a text or a Duration and are written as text."""
        return core_schema.no_info_plain_validator_function(
            _validate, serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json")
        )


def parse_duration(text: str) -> Duration:
    """The duration a text such as `1h0m0s`, `1.5h` or `250ms` means, read as Go's ParseDuration reads it.

    Fractions finer than a nanosecond are cut. Days are not a unit: their length depends on the calendar.

    Raises:
        ValueError: not a duration, without a unit, or over 292 years; the message is a sentence's end.
    """
    trimmed = text.strip()
    if trimmed in ("0", "+0", "-0"):
        return Duration(0)
    if len(trimmed) > TEXT_LIMIT or not _WHOLE.fullmatch(trimmed):
        if re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,20})?", trimmed):
            raise ValueError(f"must be {_EXAMPLES}; {trimmed} has no unit")
        raise ValueError(f"must be {_EXAMPLES}, not {text[:80]!r}")
    total = sum(_nanoseconds(number, NANOSECONDS[unit]) for number, unit in _PART.findall(trimmed))
    if total > LONGEST:
        raise ValueError(f"must be {_EXAMPLES}; {trimmed[:80]} is over 292 years")
    return Duration(-total if trimmed.startswith("-") else total)


def _nanoseconds(number: str, unit: int) -> int:
    whole, _, fraction = number.partition(".")
    return int(whole or 0) * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)


def _decimal(count: int, unit: int) -> str:
    """`count / unit` without rounding and without trailing zeros."""
    whole, rest = divmod(count, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)


def _validate(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError as error:
            raise PydanticCustomError("duration", "{reason}", {"reason": str(error)}) from None
    hint = f"; {value} has no unit" if isinstance(value, int) and not isinstance(value, bool) else ""
    raise PydanticCustomError("duration", "{reason}", {"reason": f"must be {_EXAMPLES}{hint}"})
