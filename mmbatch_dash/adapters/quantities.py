"""Durations, sizes and dates as Nextflow prints them, raw or for people."""

import re
from datetime import datetime, tzinfo

from mmbatch_dash.domain.errors import InvalidInput
from mmbatch_dash.domain.instants import from_epoch_ms, parse_instant

_UNIT_SECONDS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|hour|h|day|d)s?(?![a-z])\s*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTPEZ]?)i?B?")
_PREFIXES = "KMGTPEZ"
_LONGEST = 60
_MOST_SECONDS = 100 * 366 * 86400
_MOST_BYTES = 2**63


def parse_duration_seconds(text: str, *, field: str = "duration") -> float:
    """Seconds of a duration: whole milliseconds ("13881"), or parts with units ("1d 2h 33m 48s", "14.1s", "5ms").

    Raises:
        InvalidInput: it is neither, or longer than a hundred years.
    """
    text = text.strip()[: _LONGEST + 1]
    seconds, position = 0.0, 0
    if text.isascii() and text.isdigit():
        seconds, position = int(text) / 1000, len(text)
    while position < len(text) and (part := _DURATION_PART.match(text, position)):
        seconds += float(part[1]) * _UNIT_SECONDS[part[2]]
        position = part.end()
    if not text or position < len(text):
        raise InvalidInput(f"{text!r} is not a duration such as 33m 48s or 13881 (milliseconds)", field=field)
    if seconds > _MOST_SECONDS:
        raise InvalidInput(f"{text!r} is longer than a hundred years", field=field)
    return seconds


def parse_size_bytes(text: str, *, field: str = "memory") -> int:
    """Bytes of a size: a whole number ("2147483648"), or with a unit of 1024 ("70.9 GB", "468 B").

    Raises:
        InvalidInput: it is neither.
    """
    match = _SIZE.fullmatch(text.strip()[: _LONGEST + 1])
    size = float(match[1]) * 1024.0 ** (_PREFIXES.index(match[2]) + 1 if match[2] else 0) if match else None
    if size is None or size >= _MOST_BYTES:
        raise InvalidInput(f"{text!r} is not a size such as 70.9 GB or 2147483648 (bytes)", field=field)
    return round(size)


def parse_moment(text: str, *, zone: tzinfo, field: str) -> datetime:
    """The instant of epoch milliseconds ("1614891967625") or of a local date and time read in `zone`.

    Raises:
        InvalidInput: it is neither, or outside 1990 to 2200.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and 8 < len(text) < 20:
        return from_epoch_ms(int(text), field=field)
    return parse_instant(text, zone=zone, field=field)
