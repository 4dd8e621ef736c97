"""Dates of one record that were written without a zone, as instants, also in the hour that a clock repeats.

Where clocks go back, an hour of local time happens twice. Which of the two a record means follows from what it says
besides: its times have an order, and it may tell how long it took.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise, product

from mmbatch_dash.adapters.quantities import parse_moment
from mmbatch_dash.domain.instants import parse_instant

_FAR = timezone(timedelta(hours=13, minutes=37))
Span = tuple[str, str, float]
"""(earlier key, later key, seconds between them as the record says)."""


def readings_of(text: str, *, zone: tzinfo, field: str) -> list[datetime]:
    """The instants a time may mean, the likelier first: two for a local time that its zone has twice, else one.

    Raises:
        InvalidInput: it is no time.
    """
    first = parse_moment(text, zone=zone, field=field)
    again = first.astimezone(zone).replace(fold=1).astimezone(UTC)
    written = first.astimezone(zone).replace(tzinfo=None)
    if again == first or not _is_local(text) or again.astimezone(zone).replace(tzinfo=None) != written:
        return [first]
    return [first, again]


def choose_readings(readings: Mapping[str, Sequence[datetime]], spans: Sequence[Span]) -> dict[str, datetime]:
    """The reading of each time that fits the order of the keys and the spans best, the first ones where all fit alike.

    Args:
        readings: key → what it may mean, keys in the order in which the times follow each other.
        spans: how far apart two of them are; those with a key that is missing say nothing.
    """
    if all(len(instants) == 1 for instants in readings.values()):
        return {key: instants[0] for key, instants in readings.items()}
    choices = [dict(zip(readings, chosen, strict=True)) for chosen in product(*readings.values())]
    return min(choices, key=lambda choice: _misfit(choice, spans))


def _misfit(choice: Mapping[str, datetime], spans: Sequence[Span]) -> tuple[float, float]:
    backwards = sum((max(a - b, timedelta(0)) for a, b in pairwise(choice.values())), timedelta(0))
    apart = sum(
        abs((choice[later] - choice[earlier]).total_seconds() - seconds)
        for earlier, later, seconds in spans
        if earlier in choice and later in choice
    )
    # Whole minutes: what is measured at different places differs by seconds whichever reading is right.
    return backwards.total_seconds() // 60, apart // 60


def _is_local(text: str) -> bool:
    text = text.strip()
    if text.isascii() and text.isdigit():
        return False
    # A time with an offset means the same in any zone.
    return parse_instant(text, zone=UTC) != parse_instant(text, zone=_FAR)
