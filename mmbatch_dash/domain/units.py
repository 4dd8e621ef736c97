"""Numbers as people read them (pages.md, Numbers). Text in one fixed form; unknown is an en dash, never 0."""

import math
from datetime import datetime, timedelta

from mmbatch_dash.domain.figures import Unit

UNKNOWN_TEXT = "–"
MIB_PER_GIB = 1024
_MINUS = "\N{MINUS SIGN}"


def format_count(value: float | None) -> str:
    """A count with thousands separators: `1,204`."""
    return UNKNOWN_TEXT if value is None or math.isnan(value) else _signed(value, f"{abs(value):,.0f}")


def format_usd(value: float | None) -> str:
    """US dollars: two decimals under 10,000, none above."""
    if value is None or math.isnan(value):
        return UNKNOWN_TEXT
    size = abs(value)
    # Compared after rounding, so that 9,999.996 does not become "$10,000.00".
    digits = 2 if round(size, 2) < 10_000 else 0
    return _signed(value, f"${size:,.{digits}f}")


def format_hours(value: float | None) -> str:
    """Hours without their unit: one decimal under 100, none above."""
    if value is None or math.isnan(value):
        return UNKNOWN_TEXT
    return _signed(value, f"{abs(value):,.1f}" if round(abs(value), 1) < 100 else f"{abs(value):,.0f}")


def format_rate(value: float | None) -> str:
    """A share as per cent with one decimal; a dash where nothing was tried."""
    if value is None or math.isnan(value):
        return UNKNOWN_TEXT
    return _signed(value, f"{abs(value) * 100:,.1f} %")


def format_coverage(value: float) -> str:
    """A share under 1 in whole per cent, rounded towards 0 so that 99.97 % never reads as complete."""
    return f"{math.floor(value * 100):d} %" if value >= 0.01 or value == 0 else "under 1 %"


def format_duration(seconds: float | None) -> str:
    """A duration in its two largest units: `3 h 12 min`, `4 d 2 h`, `45 s`."""
    if seconds is None or math.isnan(seconds):
        return UNKNOWN_TEXT
    size = abs(seconds)
    if size < 60:
        return _signed(seconds, f"{size:.0f} s" if size >= 10 or size == int(size) else f"{size:.1f} s")
    minutes, rest = divmod(round(size), 60)
    if minutes < 60:
        return _signed(seconds, f"{minutes} min" + (f" {rest} s" if rest else ""))
    hours, minutes = divmod(round(size / 60), 60)
    if hours < 48:
        return _signed(seconds, f"{hours} h" + (f" {minutes} min" if minutes else ""))
    days, hours = divmod(round(size / 3600), 24)
    return _signed(seconds, f"{days:,} d" + (f" {hours} h" if hours else ""))


def format_figure(value: float | None, unit: Unit) -> str:
    """The value of a figure in the form of its unit, hours with their letter."""
    if unit is Unit.USD:
        return format_usd(value)
    if unit is Unit.SECONDS:
        return format_duration(value)
    if unit is Unit.COUNT:
        return format_count(value)
    text = format_hours(value)
    return text if text == UNKNOWN_TEXT else f"{text} h"


def format_exact(value: float | None, unit: Unit) -> str:
    """The value with all its digits, for hovers and tooltips."""
    if value is None or math.isnan(value):
        return "unknown"
    if unit is Unit.COUNT:
        return f"{value:,.0f}"
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return f"{text} {unit.value}"


def format_change(now: float | None, before: float | None) -> str:
    """The relative change between two values as signed per cent; a dash where there is nothing to compare."""
    if now is None or before is None or math.isnan(now) or math.isnan(before) or before == 0:
        return UNKNOWN_TEXT
    share = (now - before) / abs(before)
    if abs(share) >= 9.995:
        return f"{'+' if share > 0 else _MINUS}{abs(share) + (1 if share > 0 else 0):,.0f}×"
    digits = 0 if round(abs(share) * 100, 1) >= 100 else 1
    sign = "" if round(share * 100, digits) == 0 else "+" if share > 0 else _MINUS
    return f"{sign}{abs(share) * 100:.{digits}f} %"


def format_instant(instant: datetime, *, seconds: bool = True) -> str:
    """An aware instant in its own zone, zone named: `2026-03-01 14:02:10 CET`."""
    return instant.strftime(f"%Y-%m-%d %H:%M{':%S' if seconds else ''} %Z")


def format_clock(instant: datetime) -> str:
    """The time of day of an aware instant, zone named: `14:02:10 CET`."""
    return instant.strftime("%H:%M:%S %Z")


def format_age(age: timedelta) -> str:
    """How long ago, in one unit: `4 min`."""
    seconds = max(0, int(age.total_seconds()))
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"


def _signed(value: float, text: str) -> str:
    return f"{_MINUS}{text}" if value < 0 and any(digit in "123456789" for digit in text) else text
