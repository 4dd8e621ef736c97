"""Field types of event data: strict, bounded, with times that must carry a zone."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mmbatch_dash.domain.choices import EndReason, NoticeKind, PurchaseOption
from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.instants import parse_instant

TEXT_LIMIT = 32_768
"""Longest text kept in one field, in characters."""


def _instant(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_instant(value, field="")
        except InvalidInput as error:
            raise ValueError(str(error)) from None
    raise ValueError("must be an RFC 3339 time with offset, as text")


def without_nul(value: Any) -> Any:
    """The checked value of a field with a replacement character for each NUL in its texts, keys included."""
    # DuckDB's JSON reader ends a text at NUL, which would make two different ids one.
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict):
        return {without_nul(key): without_nul(inner) for key, inner in value.items()}
    return [without_nul(inner) for inner in value] if isinstance(value, list) else value


Instant = Annotated[datetime, BeforeValidator(_instant)]
Text = Annotated[str, Field(max_length=TEXT_LIMIT)]
Identifier = Annotated[str, Field(min_length=1, max_length=512)]
Tags = Annotated[dict[Identifier, Text], Field(max_length=200)]
AttemptNumber = Annotated[int, Field(ge=1, le=100_000)]
Positive = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Bytes = Annotated[int, Field(ge=0, le=2**62)]
ExitCode = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]


def _choice(*allowed: str, optional: bool = False) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value is None and optional:
            return None
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return str(value)

    return BeforeValidator(check)


Purchase = Annotated[str | None, _choice(*PurchaseOption, "unknown", optional=True)]
PricedOption = Annotated[str, _choice(*PurchaseOption)]
Interruption = Annotated[str, _choice(EndReason.RECLAIMED, EndReason.HOST_LOST, EndReason.FAILED)]
Notice = Annotated[str | None, _choice(*NoticeKind, optional=True)]
